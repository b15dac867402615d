import type { Evidence } from '../../model/evidence.ts';
import type { Unresolved } from '../../model/graph.ts';
import { HOLE } from '../interpret/values.ts';
import { parseSql, relationName, tablesOf, type SqlNode } from '../tables/sql.ts';
import type { SchemaDraft } from './drafts.ts';

type Apply = (node: SqlNode, schema: SchemaDraft, at: Evidence) => void;

const isNode = (value: unknown): value is SqlNode => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): SqlNode[] => (Array.isArray(value) ? value.filter(isNode) : []);
const get = (node: SqlNode, key: string): SqlNode => (isNode(node[key]) ? node[key] : {});
const word = (node: SqlNode, key: string): string => (typeof node[key] === 'string' ? node[key] : '');
const strings = (value: unknown): string[] => list(value).map((one) => word(get(one, 'String'), 'sval')).filter((one) => one !== '');

const ACTIONS: Readonly<Record<string, string>> = { c: 'CASCADE', n: 'SET NULL', d: 'SET DEFAULT', r: 'RESTRICT' };

const foreignKey = (table: string, constraint: SqlNode, columns: readonly string[], schema: SchemaDraft, at: Evidence): void => {
  if (constraint['contype'] !== 'CONSTR_FOREIGN') return;
  const onDelete = ACTIONS[word(constraint, 'fk_del_action')];
  const own = strings(constraint['fk_attrs']);
  schema.foreignKey({
    from: { table, columns: own.length > 0 ? own : columns }, to: { table: relationName(get(constraint, 'pktable')), columns: strings(constraint['pk_attrs']) },
    evidence: at, ...(onDelete === undefined ? {} : { onDelete }),
  });
};

const column = (table: string, definition: SqlNode, schema: SchemaDraft, at: Evidence): void => {
  const name = word(definition, 'colname');
  if (name === '') return;
  schema.column(table, name);
  for (const one of list(definition['constraints'])) foreignKey(table, get(one, 'Constraint'), [name], schema, at);
};

const createTable: Apply = (node, schema, at) => {
  const table = relationName(get(node, 'relation'));
  schema.create(table, at);
  for (const element of list(node['tableElts'])) {
    column(table, get(element, 'ColumnDef'), schema, at);
    foreignKey(table, get(element, 'Constraint'), [], schema, at);
  }
};

const alterTable: Apply = (node, schema, at) => {
  const table = relationName(get(node, 'relation'));
  for (const one of list(node['cmds'])) {
    const command = get(one, 'AlterTableCmd');
    const definition = get(command, 'def');
    if (command['subtype'] === 'AT_DropColumn') schema.dropColumn(table, word(command, 'name'));
    column(table, get(definition, 'ColumnDef'), schema, at);
    foreignKey(table, get(definition, 'Constraint'), [], schema, at);
  }
};

const drop: Apply = (node, schema) => {
  if (node['removeType'] === 'OBJECT_TRIGGER') dropTriggers(node, schema);
  if (node['removeType'] !== 'OBJECT_TABLE' && node['removeType'] !== 'OBJECT_VIEW' && node['removeType'] !== 'OBJECT_MATVIEW') return;
  for (const object of list(node['objects'])) schema.drop(strings(get(object, 'List')['items']).filter((part) => part !== 'public').join('.'));
};

const dropTriggers = (node: SqlNode, schema: SchemaDraft): void => {
  for (const object of list(node['objects'])) {
    const names = strings(get(object, 'List')['items']).filter((part) => part !== 'public');
    schema.dropTrigger(names.slice(0, -1).join('.'), names.at(-1) ?? '');
  }
};

const createTrigger: Apply = (node, schema, evidence) => {
  schema.trigger(relationName(get(node, 'relation')), word(node, 'trigname'), { evidence, calls: strings(node['funcname']).at(-1) ?? '' });
};

/** What a function runs stands in its options, as text. */
const createFunction: Apply = (node, schema) => {
  const body = list(node['options']).map((one) => get(one, 'DefElem')).find((one) => one['defname'] === 'as');
  const text = body === undefined ? [] : strings(get(get(body, 'arg'), 'List')['items']);
  schema.routine(strings(node['funcname']).at(-1) ?? '', text.join('\n'));
};

const createView = (name: string, query: unknown, schema: SchemaDraft, at: Evidence): void => {
  schema.create(name, at);
  schema.view(name, isNode(query) ? tablesOf([query]).map(({ table }) => table) : [], at);
};

const rename: Apply = (node, schema) => {
  const table = relationName(get(node, 'relation'));
  if (node['renameType'] === 'OBJECT_TABLE') schema.rename(table, word(node, 'newname'));
  else if (node['renameType'] === 'OBJECT_COLUMN') schema.renameColumn(table, word(node, 'subname'), word(node, 'newname'));
};

const APPLY: Readonly<Record<string, Apply>> = {
  CreateStmt: createTable, AlterTableStmt: alterTable, DropStmt: drop, RenameStmt: rename,
  CreateTrigStmt: createTrigger, CreateFunctionStmt: createFunction,
  ViewStmt: (node, schema, at) => { createView(relationName(get(node, 'view')), node['query'], schema, at); },
  CreateTableAsStmt: (node, schema, at) => {
    const name = relationName(get(get(node, 'into'), 'rel'));
    // A materialized view follows its tables; a table made by a query is on its own from then on.
    if (node['objtype'] === 'OBJECT_MATVIEW') createView(name, node['query'], schema, at);
    else schema.create(name, at);
  },
};

/** Words of other dialects that PostgreSQL's parser refuses in definitions. */
const tolerant = (sql: string): string => sql
  .replace(/\b(?:datetime|strftime|date)\s*\(\s*'[^()]*\)/gi, 'now()').replace(/\bunsigned\b|\bauto_increment\b|\bautoincrement\b|\bcollate\s+[\w"]+|\bcharacter set\s+\w+/gi, '').replace(/\)\s*engine\s*=[^;]*/gi, ')').replace(/\benum\s*\([^)]*\)/gi, 'text')
  .replace(/\b(?:tiny|medium|big|small)?int\(\d+\)/gi, 'int').replace(/\bdatetime\b(?:\(\d\))?/gi, 'timestamp').replace(/\b(?:medium|long|tiny)text\b/gi, 'text').replace(/\bdouble\b(?!\s+precision)/gi, 'float8')
  .replace(/,\s*(?:unique\s+|fulltext\s+)?(?:key|index)\s+["`]?\w*["`]?\s*\([^)]*\)/gi, '').replace(/\bcomment\s+'[^']*'/gi, '').replace(/\bon update current_timestamp(?:\(\d*\))?/gi, '');

/** Applies definitions written as SQL; a statement that does not parse is a finding, the rest still counts. */
export const applySql = (sql: string, schema: SchemaDraft, at: Evidence): Unresolved[] => {
  const whole = parseSql(sql);
  if (whole !== undefined) {
    applyAll(whole, schema, at);
    return [];
  }
  let line = at.line;
  return split(sql).flatMap((statement): Unresolved[] => {
    const here = { file: at.file, line: line + leadingLines(statement) };
    line += statement.split('\n').length - 1;
    if (!DEFINES.test(statement) || SAYS_NOTHING.test(statement)) return [];
    const parsed = parseSql(statement) ?? parseSql(tolerant(statement));
    if (parsed !== undefined) applyAll(parsed, schema, here);
    return parsed === undefined && !foreignTrigger(statement, schema, here) ? [{ kind: 'schema', what: statement.replaceAll(HOLE, '${…}').replace(/\s+/g, ' ').trim().slice(0, 100), why: 'the definition does not parse as PostgreSQL', evidence: here }] : [];
  });
};

/** MySQL's change of a column's type, and triggers with a body in another language, say nothing that is kept. */
const SAYS_NOTHING = /^\s*(?:alter\s+table\s+\S+\s+(?:modify|auto_increment|convert|engine|row_format)\b|drop\s+trigger\b)/i;
const TRIGGER = /^\s*create\s+(?:temp\w*\s+)?trigger\s+(?:if\s+not\s+exists\s+)?["`]?([\w]+)["`]?[\s\S]*?\bon\s+["`]?(\w+)["`]?/i;

/** A trigger of another dialect: its name and its table. */
const foreignTrigger = (statement: string, schema: SchemaDraft, evidence: Evidence): boolean => {
  const [, name, table] = TRIGGER.exec(statement) ?? [];
  if (name === undefined || table === undefined) return false;
  schema.trigger(table, name, { evidence, body: statement.slice(statement.search(/\b(?:begin|for\s+each\s+row)\b/i) + 1) });
  return true;
};

const DEFINES = /\b(?:create|alter|drop|rename)\s+(?:or\s+replace\s+|temp\w*\s+|unlogged\s+|materialized\s+|recursive\s+|constraint\s+)*(?:table|view|trigger|function)\b/i;
const leadingLines = (statement: string): number => (/^\s*/.exec(statement)?.[0].split('\n').length ?? 1) - 1;

const applyAll = (statements: readonly SqlNode[], schema: SchemaDraft, at: Evidence): void => {
  for (const statement of statements) for (const [kind, node] of Object.entries(statement)) if (isNode(node)) APPLY[kind]?.(node, schema, at);
};

/** Statements apart, dollar-quoted bodies kept whole. */
const split = (sql: string): string[] => {
  const parts: string[] = [];
  let rest = '';
  let quoted: string | undefined;
  for (const piece of sql.split(/(\$\w*\$|;)/)) {
    if (/^\$\w*\$$/.test(piece)) quoted = quoted === undefined ? piece : quoted === piece ? undefined : quoted;
    rest += piece;
    if (piece === ';' && quoted === undefined) {
      parts.push(rest);
      rest = '';
    }
  }
  return rest.trim() === '' ? parts : [...parts, rest];
};
