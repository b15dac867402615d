import type { ModulePath } from '../../model/evidence.ts';
import type { FileFacts } from '../parse/facts.ts';
import { HOLE, UNKNOWN, text, texts, type Run, type Value } from './values.ts';

/** Begins a text that is a path of the project's own: never mistaken for a URL's. What follows is relative to the analyzed directory. */
const ROOT = '\u0001';

const directoryOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');

const here = (file: ModulePath): Readonly<Record<'dirname' | 'filename' | 'url', Value>> => ({ dirname: text(`${ROOT}/${directoryOf(file)}`), filename: text(`${ROOT}/${file}`), url: text(`${ROOT}/${file}`) });

/** Names that every module has of its own; all others are the platform's. */
export const ownName = (name: string, file: FileFacts): Value => {
  switch (name) {
    case 'require': case 'module': case 'exports': return UNKNOWN;
    case '__dirname': return here(file.path).dirname;
    case '__filename': return here(file.path).filename;
    case 'import.meta': return { kind: 'object', properties: new Map(Object.entries(here(file.path))) };
    default: return { kind: 'external', module: 'global', path: name };
  }
};

/** Of a path that starts at the project's root; undefined for any other text. */
export const projectPath = (path: string): string | undefined => (path.startsWith(ROOT) ? plain(path.slice(1)) : undefined);

/** Without `.`, `..` and doubled slashes. */
const plain = (path: string): string => {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
};

const joined = (args: readonly Value[]): Value => {
  const parts = args.map((arg) => texts(arg)[0] ?? HOLE);
  const from = parts.findLastIndex((part) => part.startsWith(ROOT));
  const whole = parts.slice(Math.max(from, 0)).join('/');
  const own = projectPath(whole);
  return text(own === undefined ? whole.replace(/\/+/g, '/') : `${ROOT}/${own}`);
};

const onPath = (change: (path: string, second: string | undefined) => string) => (args: readonly Value[]): Value | undefined => {
  const [path] = texts(args[0] ?? UNKNOWN);
  return path === undefined ? undefined : text(change(path, texts(args[1] ?? UNKNOWN)[0]));
};

const basename = (path: string, ending = ''): string => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return ending !== '' && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
};

const extension = (path: string): string => /(?<=.)\.[^./]*$/.exec(basename(path))?.[0] ?? '';

const PATH: Readonly<Record<string, (args: readonly Value[]) => Value | undefined>> = {
  join: joined, resolve: joined, normalize: joined, basename: onPath(basename), dirname: onPath((path) => (path.startsWith(ROOT) ? `${ROOT}/${directoryOf(plain(path.slice(1)))}` : directoryOf(path))), extname: onPath(extension),
  parse: (args) => {
    const [path] = texts(args[0] ?? UNKNOWN);
    return path === undefined ? undefined : { kind: 'object', properties: new Map([['base', text(basename(path))], ['name', text(basename(path, extension(path)))], ['ext', text(extension(path))]]) };
  },
};

const FILE_SYSTEMS = new Set(['fs', 'fs-extra', 'graceful-fs', 'fs/promises']);
const LISTS = new Set(['readdirSync', 'readdir']);
const GLOBS = /^(?:glob|globby|fast-glob|tiny-glob|tinyglobby|requireindex)$/;

/** Functions about paths and directories: what they would say of this project's own files. */
export const callPaths = (module: string, name: string, args: readonly Value[], run: Run | undefined): Value | undefined => {
  switch (module) {
    case 'process': return name === 'cwd' ? text(`${ROOT}/`) : undefined;
    case 'url': return name === 'fileURLToPath' || name === 'pathToFileURL' ? args[0] : undefined;
    case 'path': case 'path/posix': return Object.hasOwn(PATH, name) ? PATH[name]?.(args) : undefined;
    default: return listed(module, name, args, run);
  }
};

const listed = (module: string, name: string, args: readonly Value[], run: Run | undefined): Value | undefined => {
  if (run === undefined) return undefined;
  if (FILE_SYSTEMS.has(module) && LISTS.has(name)) return entriesOf(args, run);
  return GLOBS.test(module) ? globbed(args, run) : undefined;
};

const list = (names: Iterable<string>): Value => ({ kind: 'list', items: [...names].map((name) => text(name)) });

const entriesOf = (args: readonly Value[], run: Run): Value | undefined => {
  const directory = texts(args[0] ?? UNKNOWN).flatMap((one) => projectPath(one) ?? [])[0];
  if (directory === undefined || directory.includes(HOLE)) return undefined;
  return list(new Set(modulesUnder(directory, run.paths).map((path) => path.slice(directory === '' ? 0 : directory.length + 1).split('/')[0] ?? '')));
};

const isTest = (path: string): boolean => /(?:^|\/)__tests__\/|\.(?:test|spec)\.|\.d\.[cm]?ts$/.test(path);

/** Modules under a directory that a loop over it would load: its tests do not count. */
export const modulesUnder = (directory: string, paths: readonly string[]): string[] =>
  paths.filter((path) => (directory === '' || path.startsWith(`${directory}/`)) && !isTest(path));

const globbed = (args: readonly Value[], run: Run): Value | undefined => {
  const pattern = texts(args[0] ?? UNKNOWN)[0];
  if (pattern === undefined || pattern.length > 200) return undefined;
  const own = projectPath(pattern);
  const matching = globPattern(own ?? plain(pattern));
  const found = run.paths.filter((path) => matching.test(path) && !isTest(path));
  return found.length === 0 ? undefined : list(found.map((path) => `${ROOT}/${path}`));
};

const GLOB_PARTS: Readonly<Record<string, string>> = { '**/': '(?:[^/]+/)*', '**': '.*', '*': '[^/]*', '?': '[^/]', '{': '(?:', '}': ')', ',': '|', '[': '[', ']': ']', [HOLE]: '[^/]*' };

/** A glob as a pattern. A folder only known at run time (`dist`, `build`) may be any; so may the ending of a built file. */
const globPattern = (glob: string): RegExp => {
  const body = glob.replace(/^(?:dist|build|out)\//, '').replace(/\*\*\/|\*\*|[*?{},[\]\0]|[.+^$()|\\]/g, (part) => GLOB_PARTS[part] ?? `\\${part}`);
  try {
    return new RegExp(`^(?:${body})(?:\\.[cm]?[jt]sx?)?$`);
  } catch {
    return /^$/;
  }
};

/** Modules a computed specifier may stand for: a name only known at run time stands for every file in that place. */
export const modulesFor = (from: ModulePath, specifier: string, paths: readonly string[]): string[] => {
  const path = projectPath(specifier) ?? (specifier.startsWith('.') ? plain(`${directoryOf(from)}/${specifier}`) : undefined);
  if (path === undefined || path.startsWith(HOLE) || !path.includes(HOLE)) return path === undefined ? [] : [path];
  const body = path.split(HOLE).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^/]+');
  const matching = new RegExp(`^${body}(?:\\.[cm]?[jt]sx?|/index\\.[cm]?[jt]sx?)?$`);
  return paths.filter((one) => matching.test(one) && !isTest(one) && one !== from).slice(0, 300);
};

/** The specifier by which `from` would name a module of the project. */
export const specifierOf = (from: ModulePath, path: string): string => {
  const up = directoryOf(from).split('/').filter((part) => part !== '').map(() => '..');
  return `./${[...up, path].join('/')}`;
};
