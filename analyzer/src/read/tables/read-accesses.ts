import { byEvidence, compareText } from '../../model/evidence.ts';
import type { FunctionRef, TableAccess, TransactionScope, Unresolved } from '../../model/graph.ts';
import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { texts, type ClassValue } from '../interpret/values.ts';
import { thisClass } from '../link/scopes.ts';
import { framedBy, type Instances } from './instances.ts';
import type { Program } from '../link/program.ts';
import type { Types } from '../link/types.ts';
import { eachExpr } from '../link/visit.ts';
import type { CallSite } from '../calls.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { chainOf, type Chain } from './chain.ts';
import type { Place, Recognised, Recogniser, Touch } from './found.ts';
import { recogniseKnex } from './knex.ts';
import type { Models } from './models.ts';
import { queriedModel, recogniseMappers } from './mappers.ts';
import { recognisePrisma, type PrismaColumns, type PrismaRelations } from './prisma.ts';
import { recogniseSql } from './raw-sql.ts';
import { Rows } from './rows.ts';
import { returnedStatements, unusedStatements } from './unused-sql.ts';
import { recogniseUnknownModel } from './unknown-models.ts';
import { Transactions } from './read-transactions.ts';

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
  readonly columns: PrismaColumns;
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
  private readonly transactions: Transactions;
  private readonly unresolved: Unresolved[] = [];

  private readonly instances: Instances;
  private readonly usesBuilder: boolean;
  private readonly commonTables = new Map<string, Set<string>>();
  private readonly recognisers: readonly Recogniser[];
  private readonly rows: Rows;
  private readonly statements = new Set<string>();

  constructor({ program, run, types, models, relations, columns, instances, sites }: AccessSources) {
    this.transactions = new Transactions(types, sites);
    this.instances = instances;
    this.rows = new Rows(queriedModel, sites);
    this.usesBuilder = [...program.files.values()].some(({ imports }) => imports.some(({ specifier }) => /^(?:knex|kysely|drizzle-orm|objection|bookshelf)(?:$|\/)/.test(specifier)));
    this.program = program;
    this.run = run;
    this.types = types;
    this.models = models;
    this.recognisers = [recognisePrisma(relations, columns), recogniseMappers, recogniseKnex, recogniseSql, recogniseUnknownModel];
  }

  read(files: readonly FileFacts[]): ReadAccesses {
    this.transactions.read(files);
    for (const file of files) for (const index of file.functions.keys()) this.readFunction(file, index);
    for (const file of files) for (const scope of file.functions.keys()) this.readReturned(file, scope);
    for (const { file, scope, found } of unusedStatements(files, this.statements, this.models)) this.keep(found, { file, scope }, this.transactions.of(file, scope, UNPLACED), undefined);
    const isCommon = (table: string, { evidence }: TableAccess): boolean => this.commonTables.get(evidence.file)?.has(table) === true && !this.models.hasTable(table);
    const names = knownNames(this.models);
    const real = [...this.accesses.values()].filter((one) => !isCommon(one.table, one) && !isCatalog(one.table))
      .map((one) => ({ ...one, table: names(one.table), joined: [...new Set(one.joined.filter((table) => !isCommon(table, one) && !isCatalog(table)).map(names))].sort(compareText) }));
    return {
      accesses: real.sort(byAccess), unresolved: this.unresolved,
      transactions: this.transactions.all(),
    };
  }

  private readFunction(file: FileFacts, index: number): void {
    let places: readonly Standing[] | undefined;
    const roots = new Set<Expr>();
    eachExpr(file.functions[index]?.steps ?? [], (expr) => {
      // The outermost call of a chain speaks for all its links.
      if (expr.kind !== 'call' || roots.has(expr)) return;
      noteInner(expr, roots);
      places ??= this.standings(file, index);
      this.readChain(chainOf(expr), places, this.transactions.of(file, index, expr));
    });
  }

  private readReturned(file: FileFacts, scope: number): void {
    const textsOf = (expr: Expr): readonly string[] => this.standings(file, scope).slice(0, 1).flatMap(({ place }) => texts(this.run.evaluate(expr, place.frame)));
    for (const found of returnedStatements(file, scope, textsOf)) this.keep(found, { file, scope }, undefined, undefined);
  }

  /** A method of a base class is read once for each class that inherits it: `this.table` differs. */
  private standings(file: FileFacts, index: number): readonly Standing[] {
    const common = { file, scope: index, run: this.run, types: this.types, program: this.program, models: this.models, rows: this.rows, statements: this.statements, usesBuilder: this.usesBuilder };
    const owner = thisClass(file, index);
    const fact = owner < 0 ? undefined : file.classes[owner];
    const heirs = fact === undefined ? [] : this.instances.of(fact);
    if (heirs.length === 0) return [{ place: { ...common, frame: imaginedFrame(this.run, file, index) } }];
    return heirs.map((self) => ({ place: { ...common, heir: self.of, frame: framedBy(this.run, file, index, self) }, heir: self.of }));
  }

  private readChain(chain: Chain, standings: readonly Standing[], transaction: string | undefined): void {
    const [first] = standings;
    if (first === undefined) return;
    this.noteCommonTables(chain, first.place.file);
    const results = standings.flatMap(({ place, heir }) => {
      const found = this.recognisers.map((recognise) => recognise(chain, place)).find((one) => one !== undefined);
      return found === undefined ? [] : [{ found, heir }];
    });
    const same = new Set(results.map(({ found }) => JSON.stringify(found))).size <= 1;
    for (const { found, heir } of same ? results.slice(0, 1) : results) this.keep(found, first.place, transaction, same ? undefined : heir);
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

  private keep(found: Recognised, place: Pick<Place, 'file' | 'scope'>, transaction: string | undefined, heir: ClassValue | undefined): void {
    const { file, scope } = place;
    const at = heir === undefined ? refOf(file, scope) : inheritedRef(file, scope, heir);
    for (const touch of found.touches) this.add(touch, found.touches, at, file, transaction);
    if (found.unresolved !== undefined) {
      const { what, why, line } = found.unresolved;
      this.unresolved.push({ kind: 'query', what, why, evidence: { file: file.path, line } });
    }
  }

  private add(touch: Touch, all: readonly Touch[], at: FunctionRef, file: FileFacts, transaction: string | undefined): void {
    const joined = [...new Set(all.map(({ table }) => table))].filter((table) => table !== touch.table).sort(compareText);
    const key = [file.path, touch.line, at.name, touch.table, touch.mode, touch.via].join('\0');
    const known = this.accesses.get(key);
    const columns = [...new Set([...(known?.columns ?? []), ...touch.columns])].sort(compareText);
    this.accesses.set(key, {
      table: touch.table, mode: touch.mode, at, columns, via: touch.via, ...(transaction === undefined ? {} : { transaction }), ...(touch.fragment === true && (known === undefined || known.fragment === true) ? { fragment: true } : {}),
      joined: [...new Set([...(known?.joined ?? []), ...joined])].sort(compareText), evidence: { file: file.path, line: touch.line },
    });
  }
}

/** A query that is in no transaction's list. */
const UNPLACED: Expr = { kind: 'other', of: [] };

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

export const byAccess = (a: TableAccess, b: TableAccess): number =>
  byEvidence(a.evidence, b.evidence) || compareText(a.table, b.table) || compareText(a.mode, b.mode) || compareText(a.at.name, b.at.name);
