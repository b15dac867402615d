import type { ModulePath } from '../../model/evidence.ts';
import type { ExportFact, Expr, FileFacts, Step } from '../parse/facts.ts';
import type { Resolver, Target } from '../source/resolve.ts';

/** Where an exported name is really declared, and the barrels passed on the way. */
export interface Declared {
  readonly file: FileFacts;
  /** The local name there; undefined where the export is an expression or the whole module. */
  readonly local?: string;
  readonly value?: Expr;
  readonly whole?: true;
  readonly typeOnly: boolean;
  readonly through: readonly ModulePath[];
}

/** The names of one file, ready to be asked. */
interface FileIndex {
  readonly exports: ReadonlyMap<string, ExportFact>;
  readonly stars: readonly ExportFact[];
  readonly imports: ReadonlyMap<string, { readonly specifier: string; readonly imported: string }>;
  /** `module.exports = …`. */
  readonly whole?: Expr;
}

/** A name handed on more often than that is handed in a circle, or by a generator. */
const MOST_BARRELS = 200;

/** All files' facts, with names led from use to declaration across files. Purely structural: no types are inferred here. */
export class Program {
  readonly files: ReadonlyMap<ModulePath, FileFacts>;
  private readonly resolver: Pick<Resolver, 'resolve'>;
  private readonly indexes = new Map<ModulePath, FileIndex>();
  private readonly declared = new Map<string, Declared | undefined>();

  constructor(files: readonly FileFacts[], resolver: Pick<Resolver, 'resolve'>) {
    this.files = new Map(files.map((file) => [file.path, file]));
    this.resolver = resolver;
  }

  target(from: ModulePath, specifier: string): Target {
    return this.resolver.resolve(from, specifier);
  }

  /** The file an import leads to; undefined for packages, assets and what is missing. */
  fileOf(from: ModulePath, specifier: string): FileFacts | undefined {
    const target = this.resolver.resolve(from, specifier);
    return target.kind === 'module' ? this.files.get(target.path) : undefined;
  }

  index(file: FileFacts): FileIndex {
    const known = this.indexes.get(file.path);
    if (known !== undefined) return known;
    const made = indexOf(file);
    this.indexes.set(file.path, made);
    return made;
  }

  /** Sees through barrels and re-exports (named, renamed, star, default) to the module that declares `name`. */
  exported(file: FileFacts, name: string, seen: ReadonlySet<string> = new Set()): Declared | undefined {
    const key = `${file.path}\0${name}`;
    if (this.declared.has(key)) return this.declared.get(key);
    if (seen.has(key) || seen.size > MOST_BARRELS) return undefined;
    const found = this.find(file, name, new Set([...seen, key]));
    if (seen.size === 0 || found !== undefined) this.declared.set(key, found);
    return found;
  }

  private find(file: FileFacts, name: string, seen: ReadonlySet<string>): Declared | undefined {
    if (name === '*') return { file, whole: true, typeOnly: false, through: [] };
    const index = this.index(file);
    const own = index.exports.get(name);
    if (own !== undefined) return this.follow(file, own, seen);
    for (const star of index.stars) {
      const found = name === 'default' ? undefined : this.through(file, star.from ?? '', name, seen);
      if (found !== undefined) return found;
    }
    return name === 'default' ? this.commonDefault(file, index) : undefined;
  }

  /** `import x from './commonjs'` is the whole of module.exports. */
  private commonDefault(file: FileFacts, index: FileIndex): Declared | undefined {
    if (index.whole !== undefined) return { file, value: index.whole, typeOnly: false, through: [] };
    return index.exports.size > 0 && file.exports.length === 0 ? { file, whole: true, typeOnly: false, through: [] } : undefined;
  }

  private follow(file: FileFacts, own: ExportFact, seen: ReadonlySet<string>): Declared | undefined {
    if (own.from !== undefined) return this.through(file, own.from, own.imported ?? own.name, seen);
    if (own.local !== undefined) {
      const imported = this.index(file).imports.get(own.local);
      const beyond = imported === undefined ? undefined : this.through(file, imported.specifier, imported.imported, seen);
      if (beyond !== undefined) return beyond;
      return { file, local: own.local, typeOnly: own.typeOnly, through: [] };
    }
    return own.value === undefined ? undefined : { file, value: own.value, typeOnly: own.typeOnly, through: [] };
  }

  private through(file: FileFacts, specifier: string, name: string, seen: ReadonlySet<string>): Declared | undefined {
    const next = this.fileOf(file.path, specifier);
    const found = next === undefined ? undefined : this.exported(next, name, seen);
    return found === undefined ? undefined : { ...found, through: [file.path, ...found.through] };
  }
}

const indexOf = (file: FileFacts): FileIndex => {
  const exports = new Map<string, ExportFact>();
  const stars = file.exports.filter(({ name }) => name === '*');
  for (const fact of file.exports) if (fact.name !== '*') exports.set(fact.name === '=' ? 'default' : fact.name, fact);
  const imports = new Map<string, { specifier: string; imported: string }>();
  for (const fact of file.imports) {
    if (fact.kind !== 'export') for (const { imported, local } of fact.names) imports.set(local, { specifier: fact.specifier, imported });
  }
  const whole = commonExports(file, exports);
  return { exports, stars, imports, ...(whole === undefined ? {} : { whole }) };
};

/** Adds `exports.x = …` and `module.exports = { x }` to what a file exports; returns what module.exports is set to as a whole. */
const commonExports = (file: FileFacts, exports: Map<string, ExportFact>): Expr | undefined => {
  let whole: Expr | undefined;
  const take = (target: Expr, value: Expr, line: number): void => {
    const name = commonName(target);
    if (name === '=') whole = value;
    else if (name !== undefined && !exports.has(name)) exports.set(name, asExport(name, value, line));
  };
  for (const step of file.functions[0]?.steps ?? []) eachAssignment(step, take);
  if (whole?.kind === 'object') for (const { name, value } of whole.properties) if (name !== undefined) exports.set(name, asExport(name, value, whole.line));
  return whole;
};

const asExport = (name: string, value: Expr, line: number): ExportFact =>
  ({ name, ...(value.kind === 'name' ? { local: value.name } : { value }), typeOnly: false, line });

const eachAssignment = (step: Step, take: (target: Expr, value: Expr, line: number) => void): void => {
  let value = step.kind === 'do' || step.kind === 'let' ? step.value : undefined;
  while (value?.kind === 'assign') {
    take(value.target, innermost(value.value), value.line);
    value = value.value;
  }
};

const innermost = (value: Expr): Expr => (value.kind === 'assign' ? innermost(value.value) : value);

const commonName = (target: Expr): string | undefined => {
  if (target.kind !== 'member') return undefined;
  if (target.of.kind === 'name' && target.of.name === 'exports') return target.name;
  if (target.of.kind === 'name' && target.of.name === 'module' && target.name === 'exports') return '=';
  return isModuleExports(target.of) ? target.name : undefined;
};

export const isModuleExports = (value: Expr): boolean =>
  value.kind === 'member' && value.name === 'exports' && value.of.kind === 'name' && value.of.name === 'module';

/** The function whose name the model uses for what happens inside `index`. */
export const refName = (file: FileFacts, index: number): string => file.functions[index]?.name ?? '(top)';
