import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ts } from 'ts-morph';

/** What of a tsconfig matters to reading: where names lead, and what is erased. Paths are absolute. */
export interface CompilerSettings {
  readonly baseUrl?: string;
  readonly paths: readonly { readonly pattern: string; readonly targets: readonly string[] }[];
  readonly verbatim: boolean;
  readonly decoratorMetadata: boolean;
}

export interface PackageFile {
  readonly directory: string;
  readonly name?: string;
  readonly entries: readonly string[];
  readonly exports: unknown;
  readonly imports: unknown;
}

interface RawConfig {
  readonly extends?: string | readonly string[];
  readonly references?: readonly { readonly path?: string }[];
  readonly compilerOptions?: {
    readonly baseUrl?: string; readonly paths?: Readonly<Record<string, readonly string[]>>;
    readonly verbatimModuleSyntax?: boolean; readonly importsNotUsedAsValues?: string; readonly preserveValueImports?: boolean;
    readonly emitDecoratorMetadata?: boolean;
  };
}

const NONE: CompilerSettings = { paths: [], verbatim: false, decoratorMetadata: false };

const readJson = (path: string): unknown => {
  try {
    const parsed = ts.parseConfigFileTextToJson(path, readFileSync(path, 'utf8')) as { config?: unknown };
    return parsed.config;
  } catch {
    return undefined;
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** Reads a tsconfig with everything it extends. A missing or broken one counts as empty. */
const readSettings = (path: string, seen: ReadonlySet<string> = new Set()): CompilerSettings => {
  if (seen.has(path) || !existsSync(path)) return NONE;
  const raw = readJson(path);
  if (!isRecord(raw)) return NONE;
  const config = raw as RawConfig;
  const visited = new Set([...seen, path]);
  const bases = [config.extends ?? []].flat().filter((base) => base.startsWith('.') || base.startsWith('/'));
  const inherited = bases.map((base) => readSettings(configPath(dirname(path), base), visited));
  const own = ownSettings(config, dirname(path), inherited.reduce(over, NONE));
  if (own.paths.length > 0 || own.baseUrl !== undefined) return own;
  const referenced = (config.references ?? []).flatMap(({ path: target }) => (target === undefined ? [] : [readSettings(configPath(dirname(path), target), visited)]));
  return referenced.filter(({ paths }) => paths.length > 0).reduce(over, own);
};

const configPath = (directory: string, target: string): string => {
  const path = resolve(directory, target);
  return path.endsWith('.json') ? path : existsSync(`${path}.json`) ? `${path}.json` : join(path, 'tsconfig.json');
};

const over = (base: CompilerSettings, more: CompilerSettings): CompilerSettings => ({
  ...base, ...more, paths: more.paths.length > 0 ? more.paths : base.paths,
  verbatim: base.verbatim || more.verbatim, decoratorMetadata: base.decoratorMetadata || more.decoratorMetadata,
});

const ownSettings = ({ compilerOptions = {} }: RawConfig, directory: string, inherited: CompilerSettings): CompilerSettings => {
  const baseUrl = compilerOptions.baseUrl === undefined ? inherited.baseUrl : resolve(directory, compilerOptions.baseUrl);
  const paths = compilerOptions.paths === undefined ? inherited.paths : Object.entries(compilerOptions.paths).map(([pattern, targets]) => ({
    pattern, targets: targets.map((target) => resolve(baseUrl ?? directory, target)),
  }));
  const { verbatimModuleSyntax, preserveValueImports, emitDecoratorMetadata } = compilerOptions;
  return {
    ...(baseUrl === undefined ? {} : { baseUrl }), paths, verbatim: verbatimModuleSyntax ?? preserveValueImports ?? inherited.verbatim,
    decoratorMetadata: emitDecoratorMetadata ?? inherited.decoratorMetadata,
  };
};

const readPackage = (directory: string): PackageFile | undefined => {
  const path = join(directory, 'package.json');
  const raw = existsSync(path) ? readJson(path) : undefined;
  if (!isRecord(raw)) return undefined;
  const entries = ['source', 'module', 'main', 'types', 'typings'].flatMap((key) => (typeof raw[key] === 'string' ? [raw[key]] : []));
  return { directory, ...(typeof raw['name'] === 'string' ? { name: raw['name'] } : {}), entries, exports: raw['exports'], imports: raw['imports'] };
};

/** Finds the settings that govern a directory: the nearest tsconfig and package.json at or above it, also above the analyzed directory. */
export class ConfigFiles {
  private readonly settings = new Map<string, CompilerSettings>();
  private readonly packages = new Map<string, PackageFile | undefined>();

  settingsFor(directory: string): CompilerSettings {
    const known = this.settings.get(directory);
    if (known !== undefined) return known;
    const own = ['tsconfig.json', 'jsconfig.json', 'tsconfig.base.json'].map((name) => join(directory, name)).find((path) => existsSync(path));
    const found = own === undefined ? this.above(directory, (parent) => this.settingsFor(parent)) ?? NONE : readSettings(own);
    this.settings.set(directory, found);
    return found;
  }

  packageFor(directory: string): PackageFile | undefined {
    if (this.packages.has(directory)) return this.packages.get(directory);
    const found = readPackage(directory) ?? this.above(directory, (parent) => this.packageFor(parent));
    this.packages.set(directory, found);
    return found;
  }

  /** Stops at a repository's root: what lies above it is another project's. */
  private above<T>(directory: string, look: (parent: string) => T): T | undefined {
    const parent = dirname(directory);
    return parent === directory || existsSync(join(directory, '.git')) ? undefined : look(parent);
  }
}
