import { setFlagsFromString } from 'node:v8';
import { loadModule, parseSync } from 'libpg-query';
import { HOLE } from '../interpret/values.ts';
import type { TableAccess } from '../../model/graph.ts';
import type { Touch } from './found.ts';

/** Stands in a statement for a name only known at run time. */
const SOME_NAME = '__some_name__';
const STATEMENT = /^[\s(]*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(?:select\s|insert\s+(?:ignore\s+)?into\s|replace\s+into\s|update\s+\S+[\s\S]*?\sset\s|delete\s+from\s|with\s+(?:recursive\s+)?\S+(?:\s*\([^)]*\))?\s+as\s|truncate\s|merge\s+into\s|create\s|alter\s+table\s|drop\s+table\s|call\s|refresh\s|lock\s|copy\s)/i;

/** What statements have and sentences that begin alike (`Select a time zone`, `Copy the key`) have not. */
const TELLING = /^[\s(]*(?:select|with|copy)\b[\s\S]*(?:\bfrom\b|\bas\s*\(|\bnow\(|\w\(|[*;]|^\s*\w+\s+[\d'$:])|^[\s(]*(?:insert|replace|update|delete|truncate|merge|alter|drop|call|refresh|lock|create\s+(?:or\s+|unique\s+|temp|unlogged\s+|materialized\s+|global\s+|local\s+)*(?:table|index|view|trigger|function|procedure|schema|extension|type|sequence|database|role|user|policy|materialized|table|domain|rule|publication|aggregate|operator|server))\b/i;
const comments = (text: string): string => text.replace(/^(?:\s*(?:--[^\n]*\n|\/\*[\s\S]*?\*\/))+/, '');

/** Whether a text is a whole SQL statement. */
export const isSql = (text: string): boolean => text.length > 10 && STATEMENT.test(text) && TELLING.test(comments(text));

/**
 * Makes the parser ready; PostgreSQL's own, compiled to WebAssembly. V8's optimizing compiler would spend 0.6 s and 560 MB on the grammar's one huge
 * function, to save milliseconds on the few hundred statements of a system: the baseline compiler is enough. No other WebAssembly runs in this process.
 */
export const loadSqlParser = (): Promise<void> => {
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
  return loadModule();
};

export type SqlNode = Readonly<Record<string, unknown>>;

const parses = (sql: string): SqlNode[] | undefined => {
  try {
    return ((parseSync(sql) as unknown as { stmts?: { stmt: SqlNode }[] }).stmts ?? []).map(({ stmt }) => stmt);
  } catch {
    return undefined;
  }
};

const NAME_AFTER = /(?:\b(?:from|join|into|update|table|truncate|only|as)\s+|[."])$/i;
const VALUE_AFTER = /(?:[=<>,(+*/|%-]|\b(?:in|like|ilike|values|limit|offset|then|else|and|or|where|between|select|by|set|returning|interval|any|when|not|distinct|case|having|on))\s*$/i;

type Fill = (before: string, after: string) => string;

/** Fills what is only known at run time with something that parses: a name, a value, rows, a subquery, a clause, or nothing. */
const filled = (sql: string, choose: Fill): string => {
  const parts = sql.split(HOLE);
  let done = parts[0] ?? '';
  for (const [position, part] of parts.slice(1).entries()) {
    const after = position + 2 < parts.length && part.trim() === '' ? `${part}${HOLE}` : part;
    done += (inQuotes(done) ? 'x' : IN_NAME.test(done) ? SOME_NAME : wholeOf(done, after) ?? choose(done, after)) + part;
  }
  return done;
};

const inQuotes = (before: string): boolean => (before.match(/'/g)?.length ?? 0) % 2 === 1;

/** The rest of a name: `audit_${year}` is some table. */
const IN_NAME = /\w$/;

/** Places that take more than a name or a value: rows, a subquery, an assignment, the statement after common tables. */
const wholeOf = (before: string, after: string): string | undefined => WHOLES.find(({ before: left, after: right }) => left.test(before) && right.test(after))?.text;

const ANY = /^/;
const WHOLES: readonly { readonly before: RegExp; readonly after: RegExp; readonly text: string }[] = [
  { before: /\bvalues\s*$/i, after: ANY, text: '(1)' },
  { before: /(?:\b(?:as|from|join|exists|materialized|union|all|in|except|intersect)|=|,)\s*\(\s*$/i, after: /^\s*\)/, text: 'select 1' },
  { before: /\bset\s*$|\bset\b(?:(?!\b(?:where|from|select|returning)\b)[\s\S])*,\s*$/i, after: /^(?!\s*=)/, text: 'x = 1' },
  { before: /^\s*with\b[\s\S]*\)\s*$/i, after: /^[\s;]*$/, text: 'select 1' },
  { before: /\b(?:from|join|using)\s+["\w.]+(?:\s+as)?\s+(?!(?:where|on|and|or|from|join|using)\b)["\w]+\s*$/i, after: /^\s*(?:and|or)\b/i, text: 'where true' },
];

const FILLINGS: readonly Fill[] = [
  (before) => (NAME_AFTER.test(before) ? SOME_NAME : VALUE_AFTER.test(before) ? '$1' : ''),
  (before) => (NAME_AFTER.test(before) || VALUE_AFTER.test(before) ? SOME_NAME : ''),
  (before) => (NAME_AFTER.test(before) ? SOME_NAME : /(?:where|and|or|on|having)\s*$/i.test(before) ? 'true' : ''),
  (before) => (NAME_AFTER.test(before) ? SOME_NAME : /(?:where|and|or|on|having)\s*$/i.test(before) ? 'true' : VALUE_AFTER.test(before) ? '$1' : ''),
  () => SOME_NAME,
];

/** Placeholders of drivers and of other dialects (ClickHouse's `{film: String}`, `FINAL` and `LIMIT 1 BY id`, MySQL's), put into PostgreSQL's words. */
const portable = (sql: string): string => sql
  .replaceAll('`', '"').replace(/\?\?/g, SOME_NAME).replace(/(?<![\w?|&@])\?(?![?|&\w])/g, '$1').replace(/(?<![:\w]):[A-Za-z_]\w*(?::(?!:))?/g, (mark, at: number) => (mark.endsWith(':') || NAME_AFTER.test(sql.slice(0, at)) ? SOME_NAME : '$1'))
  .replace(/\{\s*\w+\s*:\s*[\w(), ]+\}/g, '$1').replace(/\bfinal\b(?=\s*(?:$|[),;]|where|prewhere|left|inner|join|group|order|limit))/gi, '').replace(/\blimit\s+\d+\s+by\s+[\w."]+(?:\s*,\s*[\w."]+)*/gi, '')
  .replace(/(?<![\w@])@\w+/g, '$1').replace(/%[sL]/g, '$1').replace(/%I/g, SOME_NAME).replace(/\blimit\s+(\S+)\s*,\s*(\S+)/gi, 'limit $2 offset $1')
  .replace(/\binsert\s+ignore\s+into\b/gi, 'insert into').replace(/\breplace\s+into\b/gi, 'insert into').replace(/\bon\s+duplicate\s+key\s+update[\s\S]*$/i, '');

/** pg-promise's `$<hall>`, `$(hall)`, `$[hall]`, `$/hall/`, `${hall}` and `$1`: a value, unless a modifier says a name (`:name`, `:alias`, `~`) or anything (`:raw`, `^`). */
const NAMED = /\$(?:[<([{/]\s*[\w$.]+\s*([:~^#]\w*)?\s*[>)\]}/]|\d+([~^#]|:[A-Za-z]\w*))/g;
const MODIFIED = new Map([[':name', SOME_NAME], [':alias', SOME_NAME], ['~', SOME_NAME], [':raw', HOLE], ['^', HOLE]]);
const unnamed = (sql: string): string => sql.replace(NAMED, (_mark, inside?: string, behind?: string) => MODIFIED.get(inside ?? behind ?? '') ?? '$1');

/** Parses a statement that may have holes; undefined when no reading of it parses. */
export const parseSql = (sql: string): SqlNode[] | undefined => parseFilled(sql) ?? (sql.includes('$') ? parseFilled(unnamed(sql)) : undefined);

const parseFilled = (sql: string): SqlNode[] | undefined => {
  for (const fill of sql.includes(HOLE) ? FILLINGS : FILLINGS.slice(0, 1)) {
    const text = filled(sql, fill);
    const found = parses(text) ?? parses(portable(text));
    if (found !== undefined) return found;
  }
  return undefined;
};

interface Used { readonly table: string; readonly mode: TableAccess['mode']; readonly columns: readonly string[] }

const WRITING = new Map<string, TableAccess['mode']>([['InsertStmt', 'write'], ['UpdateStmt', 'write'], ['DeleteStmt', 'write'], ['MergeStmt', 'write'], ['TruncateStmt', 'write'], ['CopyStmt', 'write'], ['LockStmt', 'write']]);
const isNode = (value: unknown): value is SqlNode => typeof value === 'object' && value !== null;

/** `schema.table` of a RangeVar, without the default schema. */
export const relationName = (node: SqlNode): string => {
  const { relname, schemaname } = node as { relname?: string; schemaname?: string };
  return schemaname === undefined || schemaname === 'public' ? relname ?? '' : `${schemaname}.${relname ?? ''}`;
};

/** Tables of parsed statements with their modes; names of common table expressions are not tables. */
export const tablesOf = (statements: readonly SqlNode[]): Used[] => {
  const used: Used[] = [];
  const common = new Set<string>();
  const look = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const one of value) look(one, key);
    else if (isNode(value)) {
      if (key === 'CommonTableExpr') common.add(value['ctename'] as string);
      if (key === 'RangeVar') used.push({ table: relationName(value), mode: 'read', columns: [] });
      else intoNode(value, key);
    }
  };
  const intoNode = (node: SqlNode, key: string): void => {
    const mode = WRITING.get(key);
    for (const [name, child] of Object.entries(node)) {
      if (mode !== undefined && name === 'relation' && isNode(child)) used.push({ table: relationName(child), mode, columns: writtenColumns(node) });
      else if (mode !== undefined && name === 'relations') for (const one of child as { RangeVar?: SqlNode }[]) used.push({ table: relationName(one.RangeVar ?? {}), mode, columns: [] });
      else look(child, name);
    }
  };
  for (const statement of statements) look(statement, '');
  return used.filter(({ table }) => !common.has(table));
};

const writtenColumns = (node: SqlNode): string[] => {
  const targets = [...((node['cols'] ?? []) as SqlNode[]), ...('relation' in node && !('cols' in node) ? ((node['targetList'] ?? []) as SqlNode[]) : [])];
  return targets.flatMap((target) => {
    const { ResTarget } = target as { ResTarget?: { name?: string } };
    return ResTarget?.name === undefined ? [] : [ResTarget.name];
  });
};

/** Tables a statement touches. Undefined when it does not parse; for a `fragment` also what parses inside a SELECT counts. */
export const touchesOfSql = (sql: string, line: number, via: TableAccess['via'], fragment = false): Touch[] | undefined => {
  const statements = isSql(sql) ? parseSql(sql) : undefined;
  const found = statements ?? (fragment && /\b(?:from|join)\b/i.test(sql) ? parseSql(`select ${sql}`) ?? parseSql(`select * from x ${sql}`) ?? parseSql(`select * from x where ${sql}`) : undefined);
  if (found === undefined) return undefined;
  const isPart = statements === undefined;
  return tablesOf(found).filter(({ table }) => table !== '' && table !== 'x').map(({ table, mode, columns }) => ({ table, mode, columns, via, line, ...(isPart ? { fragment: true } : {}) }));
};

export const isSomeName = (table: string): boolean => table.includes(SOME_NAME);

const WORDS: readonly { readonly pattern: RegExp; readonly mode: TableAccess['mode'] }[] = [
  { pattern: /\b(?:insert\s+(?:ignore\s+|or\s+\w+\s+)?into|replace\s+into|update(?:\s+only)?|delete\s+from|truncate(?:\s+table)?|merge\s+into)\s+((?:["`]?\w+["`]?\.)?["`]?[A-Za-z_]\w*["`]?)(?![\w(.])/gi, mode: 'write' },
  { pattern: /(?<!\bdelete\s)(?<!\bdistinct\s)\b(?:from|join|using)\s+(?:only\s+|lateral\s+)?((?:["`]?\w+["`]?\.)?["`]?[A-Za-z_]\w*["`]?)(?![\w(.])/gi, mode: 'read' },
];
const NO_NAMES = /^(?:set|select|lateral|only|unnest|of|where|values|as|on|nothing|do)$/i;

/** Tables of a statement that does not parse, by the words before them: other dialects, statements put together from parts. */
export const touchesByWords = (sql: string, line: number, via: TableAccess['via']): Touch[] => {
  const text = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, ' ').replaceAll(HOLE, ' ? ');
  const common = new Set([...text.matchAll(/["`]?(\w+)["`]?\s*(?:\([^()]*\))?\s+as\s+(?:not\s+)?(?:materialized\s+)?\(/gi)].map(([, name = '']) => name.toLowerCase()));
  return WORDS.flatMap(({ pattern, mode }) => [...text.matchAll(pattern)].flatMap(([, written = '']): Touch[] => {
    const table = written.replace(/["`]/g, '').replace(/^public\./, '');
    return common.has(table.toLowerCase()) || NO_NAMES.test(table) ? [] : [{ table, mode, columns: [], via, line }];
  }));
};
