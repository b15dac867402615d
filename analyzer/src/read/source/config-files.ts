import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Unresolved } from '../../model/graph.ts';
import { parseJsonc } from './jsonc.ts';
import type { Disk } from './disk.ts';

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

/** A tsconfig as far as it is one: each field is taken only where it has the right shape, for a half-written file is no reason to stop. */
interface RawConfig {
  readonly bases: readonly string[];
  readonly references: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

const NONE: CompilerSettings = { paths: [], verbatim: false, decoratorMetadata: false };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const texts = (value: unknown): string[] => list(value).filter((one) => typeof one === 'string');

const asConfig = (raw: Readonly<Record<string, unknown>>): RawConfig => ({
  bases: texts(raw['extends']).filter((base) => base.startsWith('.') || base.startsWith('/')),
  references: list(raw['references']).flatMap((one) => (isRecord(one) ? texts(one['path']) : [])),
  options: isRecord(raw['compilerOptions']) ? raw['compilerOptions'] : {},
});

const configPath = (directory: string, target: string, disk: Disk): string => {
  const path = resolve(directory, target);
  return path.endsWith('.json') ? path : disk.exists(`${path}.json`) ? `${path}.json` : join(path, 'tsconfig.json');
};

const over = (base: CompilerSettings, more: CompilerSettings): CompilerSettings => ({
  ...base, ...more, paths: more.paths.length > 0 ? more.paths : base.paths,
  verbatim: base.verbatim || more.verbatim, decoratorMetadata: base.decoratorMetadata || more.decoratorMetadata,
});

const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

const ownSettings = ({ options }: RawConfig, directory: string, inherited: CompilerSettings): CompilerSettings => {
  const baseUrl = typeof options['baseUrl'] === 'string' ? resolve(directory, options['baseUrl']) : inherited.baseUrl;
  const paths = isRecord(options['paths']) ? Object.entries(options['paths']).map(([pattern, targets]) => ({
    pattern, targets: texts(targets).map((target) => resolve(baseUrl ?? directory, target)),
  })) : inherited.paths;
  return {
    ...(baseUrl === undefined ? {} : { baseUrl }), paths, verbatim: flag(options['verbatimModuleSyntax']) ?? flag(options['preserveValueImports']) ?? inherited.verbatim,
    decoratorMetadata: flag(options['emitDecoratorMetadata']) ?? inherited.decoratorMetadata,
  };
};

/** Finds the settings that govern a directory: the nearest tsconfig and package.json at or above it, also above the analyzed directory. */
export class ConfigFiles {
  private readonly settings = new Map<string, CompilerSettings>();
  private readonly packages = new Map<string, PackageFile | undefined>();
  /** Path of a file that is there and could not be used, and why. */
  private readonly broken = new Map<string, string>();
  private readonly disk: Disk;

  constructor(disk: Disk) {
    this.disk = disk;
  }

  settingsFor(directory: string): CompilerSettings {
    const known = this.settings.get(directory);
    if (known !== undefined) return known;
    const own = ['tsconfig.json', 'jsconfig.json', 'tsconfig.base.json'].map((name) => join(directory, name)).find((path) => this.disk.exists(path));
    const found = own === undefined ? this.above(directory, (parent) => this.settingsFor(parent)) ?? NONE : this.readSettings(own, new Set());
    this.settings.set(directory, found);
    return found;
  }

  packageFor(directory: string): PackageFile | undefined {
    if (this.packages.has(directory)) return this.packages.get(directory);
    const found = this.readPackage(directory) ?? this.above(directory, (parent) => this.packageFor(parent));
    this.packages.set(directory, found);
    return found;
  }

  /** What was asked for, is there, and could not be used; paths relative to the analyzed directory. */
  findings(root: string): Unresolved[] {
    return [...this.broken].map(([path, why]) => {
      const file = relative(root, path).split(sep).join('/');
      return { kind: 'file', what: file, why, evidence: { file, line: 1 } };
    });
  }

  /** Reads a tsconfig with everything it extends. A missing or broken one counts as empty, and is a finding. */
  private readSettings(path: string, seen: ReadonlySet<string>): CompilerSettings {
    if (seen.has(path)) {
      this.broken.set(path, 'extends itself, over others: what it would inherit is not known');
      return NONE;
    }
    const raw = this.readJson(path);
    if (raw === undefined) return NONE;
    const config = asConfig(raw);
    const visited = new Set([...seen, path]);
    const follow = (target: string): CompilerSettings => this.readSettings(configPath(dirname(path), target, this.disk), visited);
    const own = ownSettings(config, dirname(path), config.bases.map(follow).reduce(over, NONE));
    if (own.paths.length > 0 || own.baseUrl !== undefined) return own;
    return config.references.map(follow).filter(({ paths }) => paths.length > 0).reduce(over, own);
  }

  private readPackage(directory: string): PackageFile | undefined {
    const path = join(directory, 'package.json');
    const raw = this.disk.exists(path) ? this.readJson(path) : undefined;
    if (raw === undefined) return undefined;
    const entries = ['source', 'module', 'main', 'types', 'typings'].flatMap((key) => (typeof raw[key] === 'string' ? [raw[key]] : []));
    return { directory, ...(typeof raw['name'] === 'string' ? { name: raw['name'] } : {}), entries, exports: raw['exports'], imports: raw['imports'] };
  }

  private readJson(path: string): Readonly<Record<string, unknown>> | undefined {
    const { text, why } = this.disk.text(path);
    if (text === undefined) {
      this.broken.set(path, `not read: ${why}`);
      return undefined;
    }
    const { value, error } = parseJsonc(path, text);
    if (error !== undefined) this.broken.set(path, `broken JSON: ${error}; taken as far as it goes`);
    return isRecord(value) ? value : undefined;
  }

  /** Stops at a repository's root: what lies above it is another project's. */
  private above<T>(directory: string, look: (parent: string) => T): T | undefined {
    const parent = dirname(directory);
    return parent === directory || this.disk.exists(join(directory, '.git')) ? undefined : look(parent);
  }
}
