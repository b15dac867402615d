import { HOLE, UNKNOWN, each, texts, type Value } from '../interpret/values.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts } from '../parse/facts.ts';

/** What a NestJS application puts in front of all its controllers. */
export interface AppSettings {
  readonly prefix: string;
  readonly excludes: readonly string[];
  /** What stands before the version in the path; undefined when versions are not in the path. */
  readonly uriVersioning: string | undefined;
  readonly defaultVersions: readonly string[];
}

type Evaluate = (file: FileFacts, scope: number, expr: Expr | undefined) => Value;

const NONE: AppSettings = { prefix: '', excludes: [], uriVersioning: undefined, defaultVersions: [] };

/** Settings by application: one repository may hold several, each with prefixes of its own. A controller belongs to the application it lies nearest to. */
export const readAppSettings = (files: readonly FileFacts[], evaluate: Evaluate): ((path: string) => AppSettings) => {
  const apps = new Map<string, AppSettings>();
  for (const file of files) {
    eachFunction(file, (scope, expr) => {
      if (expr.kind !== 'call' || expr.callee.kind !== 'member') return;
      const change = settingsOf(expr, expr.callee, (arg) => evaluate(file, scope, arg));
      if (change === undefined) return;
      const root = rootOf(file.path);
      apps.set(root, { ...NONE, ...change, ...withoutEmpty(apps.get(root) ?? NONE) });
    });
  }
  const roots = [...apps.keys()].sort();
  return (path) => apps.get(nearest(path, roots) ?? '') ?? NONE;
};

const withoutEmpty = (settings: AppSettings): Partial<AppSettings> => Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && (value as string | readonly string[]).length > 0));

const settingsOf = ({ args }: CallExpr, callee: Extract<Expr, { kind: 'member' }>, value: (arg: Expr | undefined) => Value): Partial<AppSettings> | undefined => {
  switch (callee.name) {
    case 'create': return callee.of.kind === 'name' && callee.of.name === 'NestFactory' ? {} : undefined;
    case 'setGlobalPrefix': return { prefix: texts(value(args[0]))[0]?.replaceAll(HOLE, '') ?? '', excludes: optionOf(value(args[1]), 'exclude') };
    case 'enableVersioning': return versioningOf(args[0], value(args[0]));
    default: return undefined;
  }
};

const optionOf = (options: Value, name: string): string[] => (options.kind === 'object' ? pathsIn(options.properties.get(name) ?? UNKNOWN) : []);

/** Texts of a path, of several, or of `{ path }`. */
export const pathsIn = (value: Value): string[] => each(value).flatMap((one) => (one.kind === 'list' ? one.items.flatMap(pathsIn) : one.kind === 'object' ? pathsIn(one.properties.get('path') ?? UNKNOWN) : texts(one)));

/** URI versioning puts `v1` in front; headers and media types leave the path alone. */
const versioningOf = (written: Expr | undefined, options: Value): Partial<AppSettings> => {
  const get = (key: string): Expr | undefined => (written?.kind === 'object' ? written.properties.find(({ name }) => name === key)?.value : undefined);
  const type = get('type');
  if (type !== undefined && !(type.kind === 'member' && type.name === 'URI')) return {};
  const prefix = get('prefix');
  const own = optionOf(options, 'prefix')[0]?.replaceAll(HOLE, '');
  return { uriVersioning: own ?? (prefix?.kind === 'literal' && prefix.value === false ? '' : 'v'), defaultVersions: optionOf(options, 'defaultVersion') };
};

/** The folder of an application: what lies above its `src`, or beside the file that starts it. */
const rootOf = (path: string): string => {
  const source = path.startsWith('src/') ? 0 : path.lastIndexOf('/src/');
  if (source === 0) return '';
  return source > 0 ? path.slice(0, source) : path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
};

const nearest = (path: string, roots: readonly string[]): string | undefined => {
  const above = roots.filter((root) => root === '' || path.startsWith(`${root}/`)).sort((a, b) => b.length - a.length)[0];
  if (above !== undefined) return above;
  // A library's controllers go where the only application is; with several, the one that shares most of its path.
  const shared = (root: string): number => root.split('/').findIndex((part, position) => path.split('/')[position] !== part) >>> 0;
  return [...roots].sort((a, b) => shared(b) - shared(a))[0];
};
