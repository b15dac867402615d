import { HOLE, UNKNOWN, texts, type Value } from '../interpret/values.ts';
import { handedIn } from '../link/handed.ts';
import { findBinding } from '../link/scopes.ts';
import { eachExpr } from '../link/visit.ts';
import type { Expr, FileFacts } from '../parse/facts.ts';
import { before, chainOf, hasLink, namedCalls, rootName, type Chain, type Link, type NamedCall } from './chain.ts';
import { printExpr, type Place, type Recognised, type Recogniser, type Touch } from './found.ts';
import { isSomeName, touchesOfSql } from './sql.ts';
import { tableName, tableNames } from './table-name.ts';

/** What a connection or a transaction is called; a verb in front (`saveToDb`) makes it a function that uses one. */
const STRONG = /^(?!(?:add|check|clear|close|connect|create|delete|drop|exec|execute|fetch|from|get|has|import|in|init|insert|is|load|make|migrate|on|open|put|read|remove|reset|run|save|seed|send|set|setup|store|sync|to|update|use|with|write)[A-Z])(?:(?:knex|_knex|db|_db|dbh|database|trx|tx|conn|connection)$|.*(?:[kK]nex|Db|DB|Trx)$|.*Knex|(?:knex|trx|db)[A-Z_])/;
/** Steps that only a query builder has. */
const BUILDER = new Set([
  'where', 'whereIn', 'whereNot', 'whereNotIn', 'whereNull', 'whereNotNull', 'whereRaw', 'whereExists', 'whereBetween', 'andWhere', 'orWhere', 'whereILike', 'whereLike', 'insert', 'upsert', 'select',
  'leftJoin', 'innerJoin', 'rightJoin', 'join', 'leftOuterJoin', 'fullOuterJoin', 'joinRaw', 'crossJoin', 'orderBy', 'orderByRaw', 'groupBy', 'returning', 'pluck', 'onConflict', 'increment', 'decrement',
  'del', 'distinct', 'countDistinct', 'with', 'columnInfo', 'having', 'limit', 'offset', 'transacting', 'forUpdate', 'max', 'min', 'sum', 'avg', 'count', 'first', 'update', 'delete', 'truncate', 'as', 'modify', 'clearSelect', 'union', 'unionAll', 'withRecursive', 'batchInsert', 'unsafe',
]);
const CERTAIN = new Set(['where', 'whereIn', 'whereNot', 'andWhere', 'whereNull', 'whereNotNull', 'whereRaw', 'insert', 'select', 'leftJoin', 'innerJoin', 'join', 'orderBy', 'returning', 'onConflict', 'pluck', 'del']);
/** What only a query builder is asked after a table was named: `join` and `select` are also others' words. */
const TELLING = new Set(['where', 'whereIn', 'whereNot', 'andWhere', 'whereNull', 'whereNotNull', 'whereRaw', 'insert', 'leftJoin', 'innerJoin', 'returning', 'onConflict', 'del', 'orderBy']);
const WRITES = new Set(['insertInto', 'updateTable', 'deleteFrom', 'replaceInto', 'mergeInto', 'insert', 'upsert', 'update', 'del', 'delete', 'truncate', 'increment', 'decrement', 'onConflict', 'merge', 'batchInsert', 'ignore']);
const JOINS = /^(?:\w*[jJ]oin)$/;
const NAMES_TABLE = new Set(['from', 'into', 'table', 'queryBuilder', 'using', 'selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'replaceInto', 'mergeInto']);

const eval1 = (expr: Expr | undefined, place: Place): Value => (expr === undefined ? UNKNOWN : place.run.evaluate(expr, place.frame));

interface Named { readonly tables: readonly string[]; readonly line: number; readonly unknown?: Expr }

/** knex chains: `db('t as x')`, `.from`, `.into`, joins, writes; the receiver is known by its name, its type, or by what is done with it. */
export const recogniseKnex: Recogniser = (chain, place) => {
  if (chain.links.some(({ name }) => name === 'schema')) return undefined;
  const named = [...calledTables(chain, place), ...linkedTables(chain, place)];
  const main = named.flatMap(({ tables }) => tables);
  const used = main.length > 0 || named.length > 0 ? main : continuedTables(chain, place);
  if (main.length > 0 && isPrepared(chain, place)) return { touches: [] };
  const touches = [...mainTouches(chain, place, used, named[0]?.line ?? lastLine(chain)), ...joinedTables(chain, place), ...rawTouches(chain, place)];
  return touches.length === 0 ? unknownTable(named) : recognised(chain, place, touches);
};

/** Leaves out what the query itself names: common tables, and names only known at run time. */
const recognised = (chain: Chain, place: Place, touches: readonly Touch[]): Recognised => {
  const skip = cteNames(chain, place);
  const known = touches.filter(({ table }) => !skip.has(table) && !isSomeName(table));
  const open = touches.find(({ table }) => isSomeName(table));
  return { touches: known, ...(open === undefined ? {} : { unresolved: { what: printExpr(chain.links.at(-1)?.call ?? chain.root), why: 'a table is chosen at run time', line: open.line } }) };
};

/** `const change = db('films').where(…)` only prepares what `change.update(…)` does below: the rows are not read here. */
const isPrepared = (chain: Chain, { file, scope }: Place): boolean => {
  if (changes(chain)) return false;
  const last = chain.links.at(-1)?.call;
  const name = (file.functions[scope]?.steps ?? []).flatMap((step) => (step.kind === 'let' && step.value === last && step.pattern.kind === 'name' ? [step.pattern.name] : []))[0];
  return name !== undefined && onlyWritten(file, scope, name);
};

/** Every use of a builder that runs it changes rows; `query.insert(film); return query;` runs what was put into it. */
const onlyWritten = (file: FileFacts, scope: number, name: string): boolean => {
  const uses: Chain[] = [];
  const awaited: Chain[] = [];
  const handedOn: Expr[] = [];
  eachExpr(file.functions[scope]?.steps ?? [], (expr) => {
    if (expr.kind === 'await') awaited.push(...[chainOf(expr.of)].filter((chain) => rootName(chain) === name));
    if (expr.kind !== 'call') return;
    uses.push(...[chainOf(expr)].filter((chain) => rootName(chain) === name));
    handedOn.push(...expr.args.filter((arg) => arg.kind === 'name' && arg.name === name));
  });
  const runs = awaited.filter(({ links }) => links.length > 0);
  return handedOn.length === 0 && (runs.length > 0 ? awaited.every(changes) : uses.some(changes) && !uses.some((chain) => hasLink(chain, ENDS_READING)));
};

/** Steps after which a builder gives rows, whatever else was done to it. */
const ENDS_READING = new Set(['first', 'pluck', 'count', 'select', 'then', 'clone']);

const lastLine = (chain: Chain): number => chain.links.at(-1)?.line ?? 1;

const changes = (chain: Chain): boolean => hasLink(chain, WRITES);

const unknownTable = (named: readonly Named[]): Recognised | undefined => {
  const [first] = named;
  return first?.unknown === undefined ? undefined : { touches: [], unresolved: { what: printExpr(first.unknown), why: 'the table is chosen at run time', line: first.line } };
};

/** `db('orders')`: a call on something that is knex by its name or type, or whose result is used as a query. */
const calledTables = (chain: Chain, place: Place): Named[] => namedCalls(chain).flatMap((called) => {
  const { receiver, args, call, position } = called;
  const [first] = args;
  if (first === undefined || first.kind === 'function' || args.length > 2 || NAMES_TABLE.has(receiver) || BUILDER.has(receiver)) return [];
  const after = chain.links.slice(position + 1);
  const strong = STRONG.test(receiver);
  return strong || isCalledLikeKnex(called, after, place) ? namedBy(first, { line: call.line, certain: strong, alone: call.callee.kind === 'member' && /^_?knex$/.test(receiver), after }, place) : [];
});

/** Any name will do where knex is used and the call begins a chain: `users('orders').where(…)`. */
const isCalledLikeKnex = ({ args, call, position }: NamedCall, after: readonly Link[], place: Place): boolean =>
  place.usesBuilder && position === 0 && isBare(call.callee) && (isKnexValue(call.callee, place) || (args.length === 1 && after.some(({ name }) => TELLING.has(name))));

/** `users(…)` or `this.users(…)`; `db.raw(…)` is a method. */
const isBare = (callee: Expr): boolean => callee.kind === 'name' || (callee.kind === 'member' && callee.of.kind === 'this');

/** `alone`: what is called names a table whatever follows, as `this.knex(table)` does. */
interface Naming { readonly line: number; readonly certain: boolean; readonly alone?: boolean; readonly after: readonly Link[] }

const namedBy = (arg: Expr, { line, certain, alone = false, after }: Naming, place: Place): Named[] => {
  const value = eval1(arg, place);
  // A list of names is no table, and neither are options: `knex({ client })`, `transaction({ isolationLevel })`.
  if (value.kind === 'list' || isOptions(value)) return [];
  const tables = tableNames(value).filter((table) => place.usesBuilder || place.models.hasTable(table));
  if (tables.length > 0) return [{ tables, line }];
  const open = certain && (alone || after.some(({ name }) => CERTAIN.has(name))) && !isQueryExpr(arg, place);
  return open ? [{ tables: [], line, unknown: arg }] : [];
};

/** An alias map gives names to tables, and to nothing else. */
const isOptions = (value: Value): boolean => value.kind === 'object' && [...value.properties.values()].some((one) => texts(one).length === 0 || texts(one).some((name) => tableName(name) === undefined || /\s/.test(name.trim())))
  || value.kind === 'object' && (value.properties.has('client') || value.properties.has('connection'));

/** A subquery in place of a table is read where it stands. */
const isQueryExpr = (arg: Expr, place: Place): boolean =>
  (arg.kind === 'call' && isSubquery(chainOf(arg), place)) || arg.kind === 'object' || arg.kind === 'function' || (arg.kind === 'name' && isBuilder(bindingChain(arg.name, place)));

/** `db.select(…).as('ranked')`, `ranked.as('r')`; what gives back a text (`this.tableOf(year)`) is a name, and a builder from elsewhere anybody's. */
const isSubquery = (chain: Chain, place: Place): boolean =>
  isBuilder(chain) && (chain.root.kind !== 'name' || STRONG.test(chain.root.name) || isBuilder(bindingChain(chain.root.name, place)));

const isBuilder = (chain: Chain | undefined): boolean => chain?.links.some(({ name }) => BUILDER.has(name) || NAMES_TABLE.has(name) || name === 'raw' || STRONG.test(name)) === true || (chain !== undefined && STRONG.test(rootName(chain)));

const isKnexValue = (callee: Expr, place: Place): boolean => {
  const type = place.types.of(place.file, place.scope, callee);
  return type?.kind === 'external' && (type.module === 'knex' || type.name.startsWith("Knex"));
};

const linkedTables = (chain: Chain, place: Place): Named[] => {
  if (!STRONG.test(rootName(chain)) && !chain.links.some(({ name }) => BUILDER.has(name) || STRONG.test(name)) && !isHandedBuilder(rootName(chain), place)) return [];
  return chain.links.flatMap((link, position) => linkedTable(chain, link, position, place));
};

/** `.with('ranked', (query) => { query.from('films'); })`: a closure's parameter is a builder when a builder hands it over. */
const isHandedBuilder = (name: string, { file, scope, usesBuilder }: Place): boolean => {
  const binding = usesBuilder && name !== '' ? findBinding(file, scope, name) : undefined;
  const callee = binding?.from === 'parameter' && binding.position === 0 ? handedIn(file).get(binding.scope)?.call.callee : undefined;
  return callee?.kind === 'member' && BUILDER.has(callee.name);
};

const linkedTable = (chain: Chain, link: Link, position: number, place: Place): Named[] => {
  const [first] = link.args;
  if (link.call === undefined || first === undefined || first.kind === 'function') return [];
  if (DRIZZLE.has(link.name) && link.args.length === 1 && STRONG.test(before(chain, position))) return drizzleTable(first, link.line, place);
  return link.name === 'batchInsert' || NAMES_TABLE.has(link.name) ? namedBy(first, { line: link.line, certain: isQuery(chain), after: chain.links }, place) : [];
};

const DRIZZLE = new Set(['insert', 'update', 'delete']);

/** `db.insert(users).values(…)`: in Drizzle a table is a value. */
const drizzleTable = (arg: Expr, line: number, place: Place): Named[] => {
  const tables = arg.kind === 'name' || arg.kind === 'member' ? texts(eval1(arg, place)).filter((one) => place.models.hasTable(one)) : [];
  return tables.length === 0 ? [] : [{ tables, line }];
};

const isQuery = (chain: Chain): boolean => hasLink(chain, CERTAIN);

/** `query.update(…)` where `query` was `db('orders')` above. */
const continuedTables = (chain: Chain, place: Place): string[] => {
  if (chain.root.kind !== 'name' || !hasLink(chain, WRITES)) return [];
  const found = bindingChain(chain.root.name, place);
  return found === undefined ? [] : [...calledTables(found, place), ...linkedTables(found, place)].flatMap(({ tables }) => tables);
};

const bindingChain = (name: string, place: Place): Chain | undefined => place.models.chainBoundTo(place, name);

const mainTouches = (chain: Chain, place: Place, tables: readonly string[], line: number): Touch[] => {
  const mode = changes(chain) ? 'write' : 'read';
  const columns = columnsOf(chain, place);
  return [...new Set(tables)].map((table) => ({ table, mode, columns, via: 'knex', line }));
};

const joinedTables = (chain: Chain, place: Place): Touch[] => chain.links.flatMap((link): Touch[] => {
  const [first, second] = link.args;
  if (link.call === undefined || first === undefined || !JOINS.test(link.name) || link.name === 'join' && second === undefined) return [];
  if (link.name === 'joinRaw') return [];
  if (!place.usesBuilder) return [];
  return tableNames(eval1(first, place)).map((table) => ({ table, mode: 'read', columns: [], via: 'knex', line: link.line }));
});

/** `knex.raw('…')`: a whole statement; fragments inside other calls are read where they stand. */
const rawTouches = (chain: Chain, place: Place): Touch[] => chain.links.flatMap((link): Touch[] => {
  if (link.name !== 'raw' && link.name !== 'joinRaw' && link.name !== 'fromRaw') return [];
  const statements = texts(eval1(link.args[0], place));
  for (const sql of statements) place.statements.add(sql);
  return statements.flatMap((sql) => touchesOfSql(withBindings(sql, link, place), link.line, 'knex', true) ?? []);
});

/** `raw('?? …', ['orders'])` names its tables in the bindings. */
const withBindings = (sql: string, link: Link, place: Place): string => {
  const bindings = eval1(link.args[1], place);
  let position = 0;
  const items = bindings.kind === 'list' ? bindings.items : [];
  return sql.replace(/\?\??/g, (mark) => {
    const value = items[position++];
    return mark === '??' && value?.kind === 'text' && !value.text.includes(HOLE) ? value.text : mark;
  });
};

const cteNames = (chain: Chain, place: Place): ReadonlySet<string> =>
  new Set(chain.links.filter(({ name }) => /^with(?:Recursive|Materialized|NotMaterialized)?$/.test(name)).flatMap(({ args }) => texts(eval1(args[0], place))));

const COLUMN_LINKS = new Set(['select', 'where', 'andWhere', 'orWhere', 'whereIn', 'insert', 'update', 'pluck', 'returning', 'whereNull', 'whereNotNull', 'orderBy', 'increment', 'decrement', 'first', 'groupBy']);

/** Columns written out: of other tables (`u.name`) and expressions are left aside. */
const columnsOf = (chain: Chain, place: Place): string[] => {
  if (chain.links.some(({ name }) => JOINS.test(name))) return [];
  const written = chain.links.filter(({ name, call }) => call !== undefined && COLUMN_LINKS.has(name)).flatMap(({ args, name }) => {
    const used = name === 'select' || name === 'first' || name === 'returning' ? args : args.slice(0, 1);
    return used.flatMap((arg) => columnsIn(eval1(arg, place)));
  });
  return [...new Set(written.map((one) => one.replace(/^\w+\./, '').replace(/\s+as\s+.*$/i, '')))].filter((one) => /^[A-Za-z_]\w*$/.test(one));
};

const columnsIn = (value: Value): string[] => {
  if (value.kind === 'text') return [value.text];
  if (value.kind === 'list') return value.items.flatMap(columnsIn);
  return value.kind === 'object' ? [...value.properties.keys()] : [];
};
