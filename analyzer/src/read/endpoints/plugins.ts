import type { Site } from '../interpret/interpreter.ts';
import { memberOf } from '../interpret/members.ts';
import { modulesUnder, projectPath } from '../interpret/paths.ts';
import { UNKNOWN, each, text, texts, type FunctionValue, type ObjectValue, type Value } from '../interpret/values.ts';
import { mount, pathsOf, siteOf } from './mounts.ts';
import { native, RouterThing } from './router.ts';

/** Under which path a plugin's routes lie: Fastify's `{ prefix }`, Hapi's `{ routes: { prefix } }`. */
const prefixIn = (options: Value): string[] => {
  const get = (of: Value, name: string): Value => (of.kind === 'object' ? of.properties.get(name) ?? UNKNOWN : UNKNOWN);
  return [...pathsOf(get(options, 'prefix')), ...pathsOf(get(get(options, 'routes'), 'prefix'))];
};

/** `register(autoload, { dir })`: every module below the directory is a plugin, under the folders that lead to it. */
const autoload = (router: RouterThing, options: Value, site: Site): Value => {
  const get = (name: string): Value => (options.kind === 'object' ? options.properties.get(name) ?? UNKNOWN : UNKNOWN);
  const [directory] = texts(get('dir')).flatMap((one) => projectPath(one) ?? []);
  const base = pathsOf(get('options').kind === 'object' ? memberOf(get('options'), 'prefix', site.run) : UNKNOWN)[0] ?? '';
  for (const path of directory === undefined ? [] : modulesUnder(directory, site.run.paths)) {
    const file = site.run.program.files.get(path);
    if (file === undefined) continue;
    const folders = path.slice((directory ?? '').length + 1).split('/').slice(0, -1).map((folder) => folder.replace(/^_/, ':'));
    const own = texts(site.run.exportValue(file, 'autoPrefix'))[0];
    const options_: Value = { kind: 'object', properties: new Map([['prefix', text([base, ...folders, ...(own === undefined ? [] : [own.replace(/^\//, '')])].join('/'))]]) };
    register(router, [{ kind: 'module', file }, options_], site);
  }
  return native(router);
};

/** Fastify and Hapi: a plugin builds routes on an instance of its own, under a prefix. */
export const register = (router: RouterThing, args: readonly Value[], site: Site): Value => {
  const [plugin = UNKNOWN, options = UNKNOWN] = args;
  const child = new RouterThing(router.framework, siteOf(site), false);
  if (plugin.kind === 'external' && /(?:^|\/)(?:fastify-)?autoload$/.test(plugin.module)) return autoload(router, options, site);
  const at = prefixIn(options);
  mount(router, at.length > 0 ? at : [''], child, siteOf(site));
  for (const made of pluginsIn(plugin, site)) site.run.invoke(made, [native(child), options], made.self);
  return native(router);
};

const pluginsIn = (value: Value, site: Site): FunctionValue[] => each(value).flatMap((one): FunctionValue[] => {
  switch (one.kind) {
    case 'function': return [one];
    case 'unknown': return (one.wraps ?? []).flatMap((inner) => pluginsIn(inner, site));
    case 'module': return pluginsIn(site.run.exportValue(one.file, 'default'), site);
    case 'object': return pluginsIn(partOf(one, site), site);
    default: return [];
  }
});

/** Hapi's plugins, Fastify's with a name and the interop of modules are objects around the function. */
const partOf = (value: ObjectValue, site: Site): Value => ['register', 'plugin', 'default'].map((name) => memberOf(value, name, site.run)).find(({ kind }) => kind !== 'unknown') ?? UNKNOWN;
