import { HOLE, UNKNOWN, texts, type Value } from '../interpret/values.ts';
import { visit } from '../link/visit.ts';
import type { Expr } from '../parse/facts.ts';
import { before, type Chain, type Link } from './chain.ts';
import { printExpr, type Place, type Recognised, type Recogniser, type Touch } from './found.ts';
import { isSomeName, isSql, touchesByWords, touchesOfSql } from './sql.ts';

const METHODS = new Set(['query', 'raw', 'execute', 'exec', 'runSql', 'unsafe', '$queryRaw', '$executeRaw', '$queryRawUnsafe', '$executeRawUnsafe', 'all', 'get', 'run', 'any', 'one', 'none', 'oneOrNone', 'many', 'manyOrNone', 'prepare', 'queryOne', 'querySingle', 'sql', 'literal', 'joinRaw', 'fromRaw', 'whereRaw', 'stream', 'each']);
const DATABASE = /(?:^|_)(?:pool|client|db|database|knex|sequelize|conn|connection|manager|datasource|queryrunner|pg|mysql|sqlite|prisma|trx|tx|entitymanager|em)$|(?:Pool|Client|Db|DB|Connection|DataSource|Manager|Runner|Knex|Trx)$/i;
const ALWAYS_SQL = new Set(['$queryRaw', '$executeRaw', '$queryRawUnsafe', '$executeRawUnsafe', 'runSql']);

/** SQL written as text, wherever it is handed to something: pools, clients, ORMs' escape hatches, tagged templates. */
export const recogniseSql: Recogniser = (chain, place) => {
  const found: Recognised[] = chain.links.flatMap((link, position) => inLink(chain, link, position, place) ?? []);
  if (found.length === 0) return undefined;
  const [unresolved] = found.flatMap((one) => one.unresolved ?? []);
  return { touches: found.flatMap(({ touches }) => touches), ...(unresolved === undefined ? {} : { unresolved }) };
};

const inLink = (chain: Chain, link: Link, position: number, place: Place): Recognised | undefined => {
  if (link.call === undefined) return undefined;
  const name = link.name === '' ? before(chain, position) : link.name;
  const [first] = link.args;
  if (first === undefined) return undefined;
  const isMethod = METHODS.has(name) || link.call.form === 'tag';
  if (!isMethod) return literalSql(link, place) ?? namedSql(name, link, place);
  const statements = sqlTexts(place.run.evaluate(unwrapped(first), place.frame));
  for (const one of statements) place.statements.add(one);
  if (statements.some(isSql)) return readAll(statements.filter(isSql), link);
  return fragments(name, statements, link) ?? unknownQuery(chain, { first, position, name, known: statements }, link);
};

/** `query(new Cursor('…'))`: the statement is one step further in. */
const unwrapped = (first: Expr): Expr => (first.kind === 'call' && first.form === 'new' ? first.args[0] ?? first : first);

const PARTS = new Set(['sql', 'SQL', 'literal', 'whereRaw', 'joinRaw', 'fromRaw']);

/** sql`join actors on …`: a part of a statement that names tables of its own. */
const fragments = (name: string, texts: readonly string[], link: Link): Recognised | undefined => {
  if (!PARTS.has(name)) return undefined;
  const touches = texts.flatMap((text) => touchesOfSql(text, link.line, 'sql', true) ?? []).filter(({ table }) => !isSomeName(table));
  return touches.length === 0 ? undefined : { touches };
};

/** Written as statements mostly are, and sentences never. */
const SHOUTED = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE|TRUNCATE|MERGE)\b/;

/** A statement written out as the argument of anything is a query, whatever the function is called. */
const literalSql = (link: Link, place: Place): Recognised | undefined => {
  const statements = link.args.flatMap((arg) => (arg.kind === 'text' && isSql(arg.value) ? [arg.value] : arg.kind === 'template' && isSql(arg.texts.join(HOLE)) ? [arg.texts.join(HOLE)] : []));
  if (statements.length === 0 || statements.some((one) => !/\b(?:from|into|set|table)\b/i.test(one))) return undefined;
  const found = readAll(statements, link);
  // "Select a seat from the list" parses, too.
  if (!statements.every((one) => SHOUTED.test(one)) && !found.touches.every(({ table }) => place.models.hasTable(table))) return undefined;
  for (const one of statements) place.statements.add(one);
  return found;
};

/** What a function is called that runs a statement, and what it calls the statement. */
const RUNS = /quer|sql|execut|statement|command/i;
const NAMED_STATEMENT = new Set(['query', 'sql', 'text', 'statement']);

/** `runQuery({ query, params })`, `selectSql(text)`: a project's own way to a database, also one that is not PostgreSQL. */
const namedSql = (name: string, link: Link, place: Place): Recognised | undefined => {
  const given = RUNS.test(name) ? link.args.flatMap(statementGiven) : [];
  const statements = given.flatMap((arg) => texts(place.run.evaluate(arg, place.frame))).filter(isSql);
  if (statements.length === 0) return undefined;
  for (const one of statements) place.statements.add(one);
  return readAll([...new Set(statements)], link);
};

const statementGiven = (arg: Expr): Expr[] => {
  if (arg.kind === 'object') return arg.properties.flatMap(({ name, value }) => (name !== undefined && NAMED_STATEMENT.has(name) ? [value] : []));
  return arg.kind === 'name' ? [arg] : [];
};

/** `query(text)`, `query({ text })`, `query(SQL`…`)`. */
const sqlTexts = (value: Value): string[] => {
  if (value.kind === 'object') return ['text', 'sql', 'query'].flatMap((key) => texts(value.properties.get(key) ?? UNKNOWN));
  return texts(value);
};

export const OPEN_TABLE = 'a table is chosen at run time';

export const readAll = (statements: readonly string[], link: Pick<Link, 'line'>): Recognised => {
  const touches: Touch[] = [];
  let unresolved: Recognised['unresolved'];
  for (const sql of statements) {
    const found = touchesOfSql(sql, link.line, 'sql');
    const what = sql.replaceAll(HOLE, '${…}').replace(/\s+/g, ' ').trim().slice(0, 100);
    if (found === undefined) unresolved = { what, why: 'the statement does not parse as PostgreSQL: its tables are read off its words', line: link.line };
    else if (found.some(({ table }) => isSomeName(table))) unresolved = { what, why: OPEN_TABLE, line: link.line };
    else if (OPEN_PART.test(sql)) unresolved = { what, why: 'a part of the statement is put together at run time', line: link.line };
    touches.push(...(found ?? (DEFINES.test(sql) ? [] : touchesByWords(sql, link.line, 'sql'))).filter(({ table }) => !isSomeName(table)));
  }
  return { touches, ...(unresolved === undefined ? {} : { unresolved }) };
};

/** A whole subquery that is not written here: `with ranked as (${query})`. */
const OPEN_PART = new RegExp(String.raw`\b(?:as|from|join|exists)\s*\(\s*${HOLE}\s*\)`, 'i');

/** What a definition mentions (a trigger's body) is not what this code reads or writes. */
const DEFINES = /^\s*(?:create|alter|drop)\b/i;

interface Candidate { readonly first: Expr; readonly position: number; readonly name: string; readonly known: readonly string[] }

const holdsStatement = (expr: Expr): boolean => {
  let found = false;
  visit(expr, (one) => { found ||= (one.kind === 'text' && isSql(one.value)) || (one.kind === 'template' && isSql(one.texts.join(HOLE))); });
  return found;
};

/** Statements about the session or the server: they touch no table. */
const NO_TABLES = /^\s*(?:begin|start|commit|rollback|savepoint|release|set|show|listen|unlisten|notify|vacuum|analyze|explain|pragma|use|reindex|alter|drop|create|grant|revoke|discard|checkpoint|select)\b/i;

const unknownQuery = (chain: Chain, { first, position, name, known }: Candidate, link: Link): Recognised | undefined => {
  // A statement written out further in (`all(sql`…`)`) is read where it stands.
  if (first.kind === 'function' || first.kind === 'object' || holdsStatement(first)) return undefined;
  const onDatabase = /^(?:query|execute|raw|unsafe)$/.test(name) && DATABASE.test(before(chain, position));
  if (!ALWAYS_SQL.has(name) && !onDatabase) return undefined;
  if (known.length === 0) return { touches: [], unresolved: { what: printExpr(first), why: 'the statement is put together at run time', line: link.line } };
  // A text handed to raw() that is no statement is a fragment of one.
  const nonsense = name === 'query' && known.every((one) => !NO_TABLES.test(one) && /^\s*[A-Za-z]+\s/.test(one));
  return nonsense ? { touches: [], unresolved: { what: printExpr(first), why: 'the statement does not parse as PostgreSQL', line: link.line } } : undefined;
};
