import { byEvidence, compareText } from '../../model/evidence.ts';
import type { FunctionRef, TableAccess, TransactionScope, Unresolved } from '../../model/graph.ts';
import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import type { ClassValue } from '../interpret/values.ts';
import { thisClass } from '../link/scopes.ts';
import { framedBy, type Instances } from './instances.ts';
import type { Program } from '../link/program.ts';
import type { Types } from '../link/types.ts';
import { eachExpr } from '../link/visit.ts';
import type { CallSite } from '../calls.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { propagateTransactions } from './propagate.ts';
import { chainOf, type Chain } from './chain.ts';
import type { Place, Recognised, Recogniser, Touch } from './found.ts';
import { recogniseKnex } from './knex.ts';
import type { Models } from './models.ts';
import { recogniseMappers } from './mappers.ts';
import { recognisePrisma, type PrismaRelations } from './prisma.ts';
import { recogniseSql } from './raw-sql.ts';
import { decoratedTransaction, openedBy, opensForFunction } from './transactions.ts';

export interface ReadAccesses {
  readonly accesses: readonly TableAccess[];
  readonly transactions: readonly TransactionScope[];
  readonly unresolved: readonly Unresolved[];
}

export interface AccessSources {
  readonly program: Program;
  readonly run: Interpreter;
  readonly types: Types;
  readonly models: Models;
  readonly relations: PrismaRelations;
  readonly instances: Instances;
  readonly sites: ReadonlyMap<FunctionFact, readonly CallSite[]>;
}

/** Finds every query in every function: what it reads and writes, and in which transaction. */
export class AccessReader {
  private readonly run: Interpreter;
  private readonly types: Types;
  private readonly program: Program;
  private readonly models: Models;
  private readonly accesses = new Map<string, TableAccess>();
  private readonly transactions = new Map<string, TransactionScope>();
  private readonly unresolved: Unresolved[] = [];

  private readonly instances: Instances;
  private readonly usesBuilder: boolean;
  private readonly sites: AccessSources['sites'];
  private readonly inside = new Map<FunctionFact, string>();
  private readonly places = new Map<string, FunctionFact>();
  private readonly commonTables = new Map<string, Set<string>>();
  private readonly recognisers: readonly Recogniser[];

  constructor({ program, run, types, models, relations, instances, sites }: AccessSources) {
    this.sites = sites;
    this.instances = instances;
    this.usesBuilder = [...program.files.values()].some(({ imports }) => imports.some(({ specifier }) => /^(?:knex|kysely|drizzle-orm|objection|bookshelf)(?:$|\/)/.test(specifier)));
    this.program = program;
    this.run = run;
    this.types = types;
    this.models = models;
    this.recognisers = [recognisePrisma(relations), recogniseMappers, recogniseKnex, recogniseSql];
  }

  read(files: readonly FileFacts[]): ReadAccesses {
    for (const file of files) this.readFile(file);
    propagateTransactions(this.inside, this.sites);
    for (const [key, access] of this.accesses) this.accesses.set(key, this.withTransaction(key, access));
    const isCommon = (table: string, { evidence }: TableAccess): boolean => this.commonTables.get(evidence.file)?.has(table) === true && !this.models.hasTable(table);
    const names = knownNames(this.models);
    const real = [...this.accesses.values()].filter((one) => !isCommon(one.table, one) && !isCatalog(one.table))
      .map((one) => ({ ...one, table: names(one.table), joined: [...new Set(one.joined.filter((table) => !isCommon(table, one) && !isCatalog(table)).map(names))].sort(compareText) }));
    return {
      accesses: real.sort(byAccess), unresolved: this.unresolved,
      transactions: [...this.transactions.values()].sort((a, b) => byEvidence(a.evidence, b.evidence)),
    };
  }

  private withTransaction(key: string, access: TableAccess): TableAccess {
    const fact = this.places.get(key);
    const id = access.transaction ?? (fact === undefined ? undefined : this.inside.get(fact));
    return id === undefined ? access : { ...access, transaction: id };
  }

  private readFile(file: FileFacts): void {
    const inside = new Map<number, string>();
    for (const [index, fact] of file.functions.entries()) {
      const around = inside.get(index) ?? (fact.parent >= 0 ? inside.get(fact.parent) : undefined);
      const decorated = decoratedTransaction(file, fact) ? this.open(file, index, fact.line) : undefined;
      const transaction = decorated ?? around;
      if (transaction !== undefined) inside.set(index, transaction);
      this.readFunction(file, index, inside);
    }
    for (const [index, id] of inside) {
      const fact = file.functions[index];
      if (fact !== undefined) this.inside.set(fact, id);
    }
  }

  private readFunction(file: FileFacts, index: number, inside: Map<number, string>): void {
    let places: readonly Standing[] | undefined;
    const roots = new Set<Expr>();
    eachExpr(file.functions[index]?.steps ?? [], (expr) => {
      // The outermost call of a chain speaks for all its links.
      if (expr.kind !== 'call' || roots.has(expr)) return;
      noteInner(expr, roots);
      places ??= this.standings(file, index);
      this.readChain(chainOf(expr), places, inside);
    });
  }

  /** A method of a base class is read once for each class that inherits it: `this.table` differs. */
  private standings(file: FileFacts, index: number): readonly Standing[] {
    const common = { file, scope: index, run: this.run, types: this.types, program: this.program, models: this.models, usesBuilder: this.usesBuilder };
    const owner = thisClass(file, index);
    const fact = owner < 0 ? undefined : file.classes[owner];
    const heirs = fact === undefined ? [] : this.instances.of(fact);
    if (heirs.length === 0) return [{ place: { ...common, frame: imaginedFrame(this.run, file, index) } }];
    return heirs.map((self) => ({ place: { ...common, frame: framedBy(this.run, file, index, self) }, heir: self.of }));
  }

  private readChain(chain: Chain, standings: readonly Standing[], inside: Map<number, string>): void {
    const [first] = standings;
    if (first === undefined) return;
    const { file, scope } = first.place;
    this.noteTransaction(chain, file, scope, inside);
    this.noteCommonTables(chain, file);
    const results = standings.flatMap(({ place, heir }) => {
      const found = this.recognisers.map((recognise) => recognise(chain, place)).find((one) => one !== undefined);
      return found === undefined ? [] : [{ found, heir }];
    });
    const same = new Set(results.map(({ found }) => JSON.stringify(found))).size <= 1;
    for (const { found, heir } of same ? results.slice(0, 1) : results) this.keep(found, first.place, inside.get(scope), same ? undefined : heir);
  }

  private noteTransaction(chain: Chain, file: FileFacts, scope: number, inside: Map<number, string>): void {
    const opened = openedBy(chain);
    if (opened !== undefined) {
      const id = this.open(file, scope, opened.line);
      for (const closure of opened.closures) inside.set(closure, id);
    }
    const whole = opensForFunction(chain);
    if (whole !== undefined) inside.set(scope, this.open(file, scope, whole));
  }

  /** Names that a file gives to parts of queries: `.with('ranked', …)` is no table. */
  private noteCommonTables(chain: Chain, file: FileFacts): void {
    for (const { name, args } of chain.links) {
      const [first] = args;
      if (!/^with(?:Recursive|Materialized|NotMaterialized)?$/.test(name) || first?.kind !== 'text') continue;
      const known = this.commonTables.get(file.path) ?? new Set<string>();
      this.commonTables.set(file.path, known.add(first.value.replace(/\(.*$/, '').trim()));
    }
  }

  private open(file: FileFacts, scope: number, line: number): string {
    const id = `${file.path}:${String(line)}`;
    this.transactions.set(id, { id, at: refOf(file, scope), evidence: { file: file.path, line } });
    return id;
  }

  private keep(found: Recognised, place: Place, transaction: string | undefined, heir: ClassValue | undefined): void {
    const { file, scope } = place;
    const at = heir === undefined ? refOf(file, scope) : inheritedRef(file, scope, heir);
    for (const touch of found.touches) {
      const key = this.add(touch, found.touches, at, file, transaction);
      const fact = file.functions[scope];
      if (fact !== undefined) this.places.set(key, fact);
    }
    if (found.unresolved !== undefined) {
      const { what, why, line } = found.unresolved;
      this.unresolved.push({ kind: 'query', what, why, evidence: { file: file.path, line } });
    }
  }

  private add(touch: Touch, all: readonly Touch[], at: FunctionRef, file: FileFacts, transaction: string | undefined): string {
    const joined = [...new Set(all.map(({ table }) => table))].filter((table) => table !== touch.table).sort(compareText);
    const key = [file.path, touch.line, at.name, touch.table, touch.mode, touch.via].join('\0');
    const known = this.accesses.get(key);
    const columns = [...new Set([...(known?.columns ?? []), ...touch.columns])].sort(compareText);
    this.accesses.set(key, {
      table: touch.table, mode: touch.mode, at, columns, via: touch.via, ...(transaction === undefined ? {} : { transaction }),
      joined: [...new Set([...(known?.joined ?? []), ...joined])].sort(compareText), evidence: { file: file.path, line: touch.line },
    });
    return key;
  }
}

/** Tables of the database itself. */
const isCatalog = (table: string): boolean => /^(?:pg_catalog\.|information_schema\.|pg_[a-z_]+$|sqlite_(?:master|schema|sequence|temp_master)$)/.test(table);

/** What is written in another case than declared: SQL does not mind, most databases neither. */
const knownNames = (models: Models): ((table: string) => string) => {
  const byLower = new Map<string, string>();
  for (const name of [...models.tables, ...models.all.map(({ table }) => table)]) byLower.set(name.toLowerCase(), byLower.get(name.toLowerCase()) ?? name);
  return (table) => (models.hasTable(table) ? table : byLower.get(table.toLowerCase()) ?? table);
};

const noteInner = (expr: Expr, roots: Set<Expr>): void => {
  let at: Expr | undefined = expr;
  while (at !== undefined) {
    roots.add(at);
    at = at.kind === 'call' ? at.callee : at.kind === 'member' || at.kind === 'await' || at.kind === 'cast' ? at.of : undefined;
  }
};

interface Standing { readonly place: Place; readonly heir?: ClassValue | undefined }

/** `RoleStore.getAll`, though `getAll` is written in its base. */
const inheritedRef = (file: FileFacts, scope: number, heir: ClassValue): FunctionRef => {
  const name = heir.file.classes[heir.index]?.name ?? '';
  return { module: heir.file.path, name: (file.functions[scope]?.name ?? '').replace(/^[^.]+(?=\.)/, name) };
};

const refOf = (file: FileFacts, scope: number): FunctionRef => ({ module: file.path, name: file.functions[scope]?.name ?? '(top)' });

const byAccess = (a: TableAccess, b: TableAccess): number =>
  byEvidence(a.evidence, b.evidence) || compareText(a.table, b.table) || compareText(a.mode, b.mode) || compareText(a.at.name, b.at.name);
