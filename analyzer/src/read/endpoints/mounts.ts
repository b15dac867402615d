import type { Evidence } from '../../model/evidence.ts';
import type { Site } from '../interpret/interpreter.ts';
import { projectPath } from '../interpret/paths.ts';
import { each, texts, type Value } from '../interpret/values.ts';
import type { RouterThing } from './router.ts';

export const siteOf = (site: Site): Evidence => ({ file: site.frame.file.path, line: site.call.line });

/** Texts of a path argument: a string, several, or a list of them. */
export const pathsOf = (value: Value): string[] => each(value).flatMap((one) => (one.kind === 'list' ? one.items.flatMap(pathsOf) : texts(one))).filter((one) => projectPath(one) === undefined);

/** Puts one router below another. `only`: reached by one method alone. */
export const mount = (router: RouterThing, paths: readonly string[], child: RouterThing, at: Evidence, only = 'ANY'): void => {
  if (child === router) return;
  child.mounted = true;
  router.registrations.push({ kind: 'mount', paths, child, at, ...(only === 'ANY' ? {} : { only }) });
};
