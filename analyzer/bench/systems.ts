import { readFileSync } from 'node:fs';
import type { Labels } from '../src/measure/agreement.ts';

/** A public system whose maintainers' contexts can be read off mechanically. */
export interface PublicSystem {
  readonly name: string;
  /** `owner/name commit` on GitHub. */
  readonly source: string;
  /** Directory below ANALYZER_CORPUS, and the analyzed root below that. */
  readonly directory: string;
  readonly root: string;
  /** The context of a program module, by where its maintainers put it. */
  readonly contextOf: (path: string) => string | undefined;
}

/** One that settings were chosen on. */
export interface TunedSystem extends PublicSystem {
  /** What a user got before: Louvain on the import graph; and the best of 12 settings chosen with the truth in hand. ARI. */
  readonly baseline: number;
  readonly goal: number;
}

/** A context of fewer files is no context to find. */
const SMALLEST = 3;

export const folderBelow = (prefix: string, not: readonly string[] = []) => (path: string): string | undefined => {
  const [context, ...rest] = path.startsWith(prefix) ? path.slice(prefix.length).split('/') : [];
  return context === undefined || rest.length === 0 || not.includes(context) ? undefined : context;
};

/** immich moved from one folder per domain to one per layer: its truth is where git's renames say each file came from (see README.md). */
const immich = new Map(Object.entries(JSON.parse(readFileSync(new URL('./truth/immich.json', import.meta.url), 'utf8')) as Record<string, string>));

const PACKAGES = ['analytics', 'api-gateway', 'auth', 'files', 'revisions', 'scheduler', 'syncing-server', 'websockets'];

export const TUNED: readonly TunedSystem[] = [
  { name: 'Unleash', source: 'Unleash/unleash ceeb5a9ca6d0beb0cabf041d6a27ffd2d6501859', directory: 'unleash', root: 'src/lib', baseline: 0.06, goal: 0.52, contextOf: folderBelow('features/') },
  { name: 'immich', source: 'CSG-Development/immich-app-immich 9fe80c25ebf2ba31253ce412caa8b1c531aafde4', directory: 'immich', root: 'server/src', baseline: 0.06, goal: 0.64, contextOf: (path) => immich.get(path) },
  { name: 'amplication', source: 'amplication/amplication d533515daf0845d82cd7edbe0e5c5f927cf2388a', directory: 'amplication', root: 'packages/amplication-server/src', baseline: 0.2, goal: 0.68, contextOf: folderBelow('core/', ['administrator', 'docker', 'health']) },
  { name: 'standardnotes', source: 'standardnotes/server 31d2b8a092d8e85982c367197ffcf97cc07e2669', directory: 'standardnotes', root: 'packages', baseline: 0.63, goal: 0.63, contextOf: (path) => { const found = folderBelow('')(path); return found !== undefined && PACKAGES.includes(found) ? found : undefined; } },
];

const NO_PROGRAM = /(?:^|\/)(?:migrations?|__tests__|__mocks__|tests?|fixtures?|e2e)\/|\.(?:test|spec|e2e|mock|d)\.[cm]?[jt]sx?$/;

/** Item → context for the modules to score: tests and migrations left out, and contexts too small to count. */
export function truthOf({ contextOf }: Pick<PublicSystem, 'contextOf'>, modules: readonly string[]): Labels {
  const labels = new Map(modules.filter((path) => !NO_PROGRAM.test(path)).flatMap((path) => {
    const context = contextOf(path);
    return context === undefined ? [] : [[path, context] as const];
  }));
  const sizes = new Map<string, number>();
  for (const context of labels.values()) sizes.set(context, (sizes.get(context) ?? 0) + 1);
  return new Map([...labels].filter(([, context]) => (sizes.get(context) ?? 0) >= SMALLEST));
}
