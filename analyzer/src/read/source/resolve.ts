import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ModulePath } from '../../model/evidence.ts';
import { ConfigFiles, type CompilerSettings, type PackageFile } from './config-files.ts';
import type { Disk } from './disk.ts';

/** Where an import leads. `outside`: source beyond the analyzed directory. `asset`: JSON, styles and other things without code. */
export type Target =
  | { readonly kind: 'module'; readonly path: ModulePath }
  | { readonly kind: 'external'; readonly name: string }
  | { readonly kind: 'asset' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'missing'; readonly why: string };

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.d.ts'];
/** An import of `./x.js` means the TypeScript file that will become it. */
const REWRITES: readonly (readonly [string, readonly string[]])[] = [
  ['.js', ['.ts', '.tsx', '.d.ts', '.jsx']], ['.jsx', ['.tsx']], ['.mjs', ['.mts', '.d.mts']], ['.cjs', ['.cts', '.d.cts']],
];
const BUILT = /(^|\/)(?:dist|build|lib|out)\//;

/** Resolves specifiers as TypeScript and Node would, but to source: without node_modules, and from build output back to what it is built from. */
export class Resolver {
  private readonly root: string;
  private readonly modules: ReadonlySet<ModulePath>;
  private readonly workspaces = new Map<string, PackageFile>();
  private readonly known = new Map<string, Target>();
  readonly configs: ConfigFiles;
  private readonly disk: Disk;

  constructor(root: string, modules: readonly ModulePath[], packageFiles: readonly string[], disk: Disk) {
    this.disk = disk;
    this.configs = new ConfigFiles(disk);
    this.root = root;
    this.modules = new Set(modules);
    for (const file of packageFiles) {
      const found = this.configs.packageFor(resolve(root, dirname(file)));
      if (found?.name !== undefined && !this.workspaces.has(found.name)) this.workspaces.set(found.name, found);
    }
    const own = this.configs.packageFor(root);
    if (own?.name !== undefined) this.workspaces.set(own.name, own);
  }

  settingsFor(file: ModulePath): CompilerSettings {
    return this.configs.settingsFor(resolve(this.root, dirname(file)));
  }

  resolve(from: ModulePath, specifier: string): Target {
    const key = `${dirname(from)}\0${specifier}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const target = this.find(from, specifier);
    this.known.set(key, target);
    return target;
  }

  private find(from: ModulePath, specifier: string): Target {
    if (specifier.startsWith('.') || specifier.startsWith('/')) return this.relative(from, specifier);
    if (isBuiltin(specifier)) return { kind: 'external', name: specifier };
    if (specifier.startsWith('#')) return this.subpathImport(from, specifier) ?? this.alias(from, specifier) ?? { kind: 'missing', why: 'no such entry under "imports" in package.json' };
    return this.alias(from, specifier) ?? this.workspace(specifier) ?? { kind: 'external', name: specifier };
  }

  private relative(from: ModulePath, specifier: string): Target {
    const path = specifier.startsWith('/') ? specifier : resolve(this.root, dirname(from), specifier);
    return this.probe(path) ?? this.beyond(path);
  }

  private beyond(path: string): Target {
    const inside = path === this.root || path.startsWith(this.root + sep);
    const exists = this.disk.exists(path) && !this.disk.isDirectory(path);
    if (exists) return inside || !EXTENSIONS.some((extension) => path.endsWith(extension)) ? { kind: 'asset' } : { kind: 'outside' };
    if (!inside && EXTENSIONS.some((extension) => this.disk.exists(path + extension) || this.disk.exists(join(path, `index${extension}`)))) return { kind: 'outside' };
    return this.disk.exists(`${path}.json`) || this.disk.exists(`${path}.node`) ? { kind: 'asset' } : { kind: 'missing', why: 'no such file' };
  }

  /** The module a path stands for: itself, with an extension, rewritten, or an index file. */
  private probe(absolute: string): Target | undefined {
    const path = relative(this.root, absolute).split(sep).join('/');
    if (path.startsWith('..')) return undefined;
    const found = this.candidates(path).find((candidate) => this.modules.has(candidate));
    if (found !== undefined) return { kind: 'module', path: found };
    const nested = path === '' ? undefined : this.configs.packageFor(absolute);
    if (nested?.directory !== absolute) return undefined;
    return this.entry(nested, nested.entries);
  }

  private candidates(path: string): string[] {
    const rewritten = REWRITES.flatMap(([built, sources]) => (path.endsWith(built) ? sources.map((source) => path.slice(0, -built.length) + source) : []));
    const directory = path === '' ? '' : `${path.replace(/\/$/, '')}/`;
    return [path, ...rewritten, ...EXTENSIONS.map((extension) => path + extension), ...EXTENSIONS.map((extension) => `${directory}index${extension}`)];
  }

  private alias(from: ModulePath, specifier: string): Target | undefined {
    const { paths, baseUrl } = this.settingsFor(from);
    const matches = paths.flatMap(({ pattern, targets }) => {
      const rest = starMatch(pattern, specifier);
      return rest === undefined ? [] : [{ weight: pattern === specifier ? Infinity : pattern.indexOf('*'), targets: targets.map((target) => target.replace('*', rest)), pattern }];
    }).sort((a, b) => b.weight - a.weight);
    const [best] = matches;
    for (const target of best?.targets ?? []) {
      const found = this.probe(target) ?? this.unbuilt(target);
      if (found !== undefined) return found;
    }
    const based = baseUrl === undefined ? undefined : this.probe(resolve(baseUrl, specifier));
    if (based !== undefined || best === undefined || best.pattern === '*') return based;
    return this.aliasBeyond(best.targets, best.pattern);
  }

  private aliasBeyond(targets: readonly string[], pattern: string): Target | undefined {
    const kinds = targets.map((target) => this.beyond(target));
    const real = kinds.find(({ kind }) => kind !== 'missing');
    if (real !== undefined) return real;
    return targets.every((target) => target.includes('node_modules')) || !/^[@~#]?\/|^src|\/\*$/.test(pattern) ? undefined : { kind: 'missing', why: `matches the path alias ${pattern}, but no such file` };
  }

  private workspace(specifier: string): Target | undefined {
    const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
    const found = this.workspaces.get(name);
    if (found === undefined) return undefined;
    const rest = specifier.slice(name.length + 1);
    const exported = exportTargets(found.exports, rest === '' ? '.' : `./${rest}`);
    const entries = rest === '' ? [...exported, ...found.entries, 'src/index', 'index', 'src/main'] : [...exported, rest, `src/${rest}`];
    return this.entry(found, entries);
  }

  private entry({ directory }: PackageFile, entries: readonly string[]): Target | undefined {
    for (const entry of entries) {
      const path = resolve(directory, entry);
      const found = this.unbuilt(path) ?? this.probeFile(path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Like probe, without asking a nested package.json again. */
  private probeFile(absolute: string): Target | undefined {
    const path = relative(this.root, absolute).split(sep).join('/');
    const found = path.startsWith('..') ? undefined : this.candidates(path).find((candidate) => this.modules.has(candidate));
    return found === undefined ? undefined : { kind: 'module', path: found };
  }

  /** From build output back to its source: `dist/x.js` → `src/x.ts` or `x.ts`. */
  private unbuilt(absolute: string): Target | undefined {
    const bare = absolute.replace(/\.d\.[cm]?ts$|\.[cm]?js$/, '');
    if (!BUILT.test(bare)) return undefined;
    return this.probeFile(bare.replace(BUILT, '$1src/')) ?? this.probeFile(bare.replace(/\/(?:dist|build|lib|out)\/(?:src\/|cjs\/|esm\/)?/, '/src/')) ?? this.probeFile(bare.replace(BUILT, '$1'));
  }

  private subpathImport(from: ModulePath, specifier: string): Target | undefined {
    const owner = this.configs.packageFor(resolve(this.root, dirname(from)));
    if (owner === undefined) return undefined;
    const targets = exportTargets(owner.imports, specifier);
    return targets.length === 0 ? undefined : this.entry(owner, targets) ?? { kind: 'asset' };
  }
}

const starMatch = (pattern: string, specifier: string): string | undefined => {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === specifier ? '' : undefined;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return specifier.length >= before.length + after.length && specifier.startsWith(before) && specifier.endsWith(after)
    ? specifier.slice(before.length, specifier.length - after.length) : undefined;
};

/** Every target that `exports` or `imports` gives for a subpath, in its own order; conditions are all taken, source first. */
const exportTargets = (map: unknown, subpath: string): string[] => {
  if (typeof map === 'string') return subpath === '.' ? [map] : [];
  if (typeof map !== 'object' || map === null) return [];
  const entries = Object.entries(map as Readonly<Record<string, unknown>>);
  if (subpath === '.' && !entries.some(([key]) => key.startsWith('.'))) return leaves(map);
  return entries.flatMap(([key, value]) => {
    const rest = starMatch(key, subpath);
    return rest === undefined ? [] : leaves(value).map((leaf) => leaf.replace('*', rest));
  });
};

const leaves = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
};
