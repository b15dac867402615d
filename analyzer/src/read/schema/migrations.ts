import type { Evidence } from '../../model/evidence.ts';
import type { Unresolved } from '../../model/graph.ts';
import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { UNKNOWN, texts, type Value } from '../interpret/values.ts';
import { eachExpr } from '../link/visit.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { chainOf, type Chain, type Link } from '../tables/chain.ts';
import { tableName } from '../tables/table-name.ts';
import { applySql } from './ddl.ts';
import type { SchemaDraft } from './drafts.ts';
import { applyBuiltView } from './views.ts';

interface Step {
  readonly link: Link;
  readonly chain: Chain;
  readonly at: Evidence;
  readonly schema: SchemaDraft;
  readonly file: FileFacts;
  readonly value: (expr: Expr | undefined) => Value;
  readonly findings: Unresolved[];
  /** The table a builder closure is about: `createTable('x', (table) => …)`. */
  readonly table: string | undefined;
  readonly closures: Map<number, string>;
}

type Apply = (step: Step) => void;

const textAt = (step: Step, position: number): string | undefined => texts(step.value(step.link.args[position]))[0];
const tableAt = (step: Step, position = 0): string | undefined => {
  const written = textAt(step, position) ?? optionText(step.value(step.link.args[position]), 'name') ?? optionText(step.value(step.link.args[position]), 'tableName');
  return written === undefined ? undefined : tableName(written);
};
const option = (value: Value, key: string): Value => (value.kind === 'object' ? value.properties.get(key) ?? UNKNOWN : UNKNOWN);
const optionText = (value: Value, key: string): string | undefined => texts(option(value, key))[0];

/** The options of `new Table({…})`: constructors of packages are unknown, their first argument is not. */
const constructed = (step: Step, expr: Expr | undefined): Value => {
  if (expr?.kind === 'call' && expr.form === 'new') return step.value(expr.args[0]);
  return step.value(expr);
};

const createTable: Apply = (step) => {
  const options = constructed(step, step.link.args[0]);
  const name = tableAt(step) ?? optionText(options, 'name');
  if (name === undefined) {
    step.findings.push({ kind: 'schema', what: `${step.link.name}(…)`, why: 'the table’s name is not a constant', evidence: step.at });
    return;
  }
  step.schema.create(name, step.at);
  body(step, name);
  objectColumns(step, name, step.value(step.link.args[1]));
  typeormColumns(step, name, options);
};

/** A closure that builds columns, or several. */
const body = (step: Step, table: string): void => {
  for (const arg of step.link.args) if (arg.kind === 'function') step.closures.set(arg.index, table);
};

/** Columns as keys: db-migrate (`foreignKey`) and Sequelize (`references`). */
const objectColumns = (step: Step, table: string, columns: Value): void => {
  const inner = option(columns, 'columns');
  const from = inner.kind === 'object' ? inner : columns;
  if (from.kind !== 'object') return;
  for (const [name, definition] of from.properties) columnDefinition(step, table, name, definition);
};

const columnDefinition = (step: Step, table: string, name: string, definition: Value): void => {
  step.schema.column(table, optionText(definition, 'field') ?? name);
  const references = option(definition, 'references');
  const foreign = option(definition, 'foreignKey');
  const model = option(references, 'model');
  const to = texts(model)[0] ?? optionText(model, 'tableName') ?? optionText(foreign, 'table');
  if (to === undefined) return;
  const mapping = option(foreign, 'mapping');
  const onDelete = optionText(definition, 'onDelete') ?? optionText(option(foreign, 'rules'), 'onDelete');
  key(step, { table, column: name, to, toColumn: optionText(references, 'key') ?? texts(mapping)[0] ?? 'id', onDelete });
};

interface Key { readonly table: string; readonly column: string; readonly to: string; readonly toColumn: string; readonly onDelete: string | undefined }

const key = (step: Step, { table, column, to, toColumn, onDelete }: Key): void => {
  step.schema.foreignKey({
    from: { table, columns: [column] }, to: { table: tableName(to) ?? to, columns: [toColumn] }, evidence: step.at, ...(onDelete === undefined ? {} : { onDelete: onDelete.toUpperCase() }),
  });
};

/** `{ columns: [{ name }], foreignKeys: [{ columnNames, referencedTableName }] }`. */
const typeormColumns = (step: Step, table: string, options: Value): void => {
  const columns = option(options, 'columns');
  for (const column of columns.kind === 'list' ? columns.items : []) {
    const name = optionText(column, 'name');
    if (name !== undefined) step.schema.column(table, name);
  }
  const keys = option(options, 'foreignKeys');
  for (const one of keys.kind === 'list' ? keys.items : []) typeormKey(step, table, one);
};

const typeormKey = (step: Step, table: string, options: Value): void => {
  const columns = option(options, 'columnNames');
  const referenced = option(options, 'referencedColumnNames');
  const to = optionText(options, 'referencedTableName');
  const [column] = columns.kind === 'list' ? columns.items.flatMap(texts) : [];
  const [toColumn] = referenced.kind === 'list' ? referenced.items.flatMap(texts) : [];
  if (to !== undefined && column !== undefined) key(step, { table, column, to, toColumn: toColumn ?? 'id', onDelete: optionText(options, 'onDelete') });
};

const onTable = (act: (step: Step, table: string) => void): Apply => (step) => {
  const table = tableAt(step);
  if (table !== undefined) act(step, table);
};

const raw: Apply = (step) => {
  const value = step.value(step.link.args[0]);
  for (const sql of [...texts(value), optionText(value, 'sql') ?? []].flat()) if (/\b(?:create|alter|drop|rename)\b/i.test(sql)) step.findings.push(...applySql(sql, step.schema, step.at));
};

const createView: Apply = onTable((step, name) => { applyBuiltView(name, step.link, step); });
const dropView: Apply = onTable((step, name) => { step.schema.drop(name); });

const alter: Apply = onTable((step, table) => { body(step, table); });

const APPLY: Readonly<Record<string, Apply>> = {
  createTable, createTableIfNotExists: createTable, createTableLike: createTable,
  alterTable: alter, table: alter,
  dropTable: onTable((step, table) => { step.schema.drop(table); }), dropTableIfExists: onTable((step, table) => { step.schema.drop(table); }),
  renameTable: onTable((step, table) => { const to = textAt(step, 1); if (to !== undefined) step.schema.rename(table, to); }),
  addColumn: onTable((step, table) => {
    const typeorm = optionText(constructed(step, step.link.args[1]), 'name');
    const name = typeorm ?? textAt(step, 1);
    if (name !== undefined) columnDefinition(step, table, name, step.value(step.link.args[2]));
  }),
  removeColumn: onTable((step, table) => { const name = textAt(step, 1); if (name !== undefined) step.schema.dropColumn(table, name); }),
  renameColumn: onTable((step, table) => { const [from, to] = [textAt(step, 1), textAt(step, 2)]; if (from !== undefined && to !== undefined) step.schema.renameColumn(table, from, to); }),
  createForeignKey: onTable((step, table) => { typeormKey(step, table, constructed(step, step.link.args[1])); }),
  addForeignKey: onTable((step, table) => {
    const to = textAt(step, 1);
    const mapping = step.value(step.link.args[3]);
    if (to !== undefined && mapping.kind === 'object') for (const [column, target] of mapping.properties) key(step, { table, column, to, toColumn: texts(target)[0] ?? 'id', onDelete: optionText(step.value(step.link.args[4]), 'onDelete') });
  }),
  addConstraint: onTable((step, table) => {
    const options = step.value(step.link.args[1]);
    const references = option(options, 'references');
    const fields = option(options, 'fields');
    const [column] = fields.kind === 'list' ? fields.items.flatMap(texts) : [];
    const to = optionText(references, 'table');
    if (column !== undefined && to !== undefined) key(step, { table, column, to, toColumn: optionText(references, 'field') ?? 'id', onDelete: optionText(options, 'onDelete') });
  }),
  createView, createViewOrReplace: createView, createMaterializedView: createView, dropView, dropViewIfExists: dropView, dropMaterializedView: dropView, dropMaterializedViewIfExists: dropView,
  raw, runSql: raw, query: raw, execute: raw,
};

const NOT_COLUMNS = new Set(['foreign', 'index', 'unique', 'primary', 'dropForeign', 'dropIndex', 'dropUnique', 'dropPrimary', 'dropColumn', 'dropColumns', 'renameColumn', 'comment', 'charset', 'collate', 'engine', 'inherits', 'timestamps', 'check', 'setNullable', 'dropNullable', 'dropTimestamps', 'inTable']);

type BuilderLine = (head: Step, table: string, name: string | undefined) => void;

const LINES: Readonly<Record<string, BuilderLine>> = {
  timestamps: (head, table) => { for (const one of ['created_at', 'updated_at']) head.schema.column(table, one); },
  dropColumn: (head, table) => { for (const position of head.link.args.keys()) head.schema.dropColumn(table, textAt(head, position) ?? ''); },
  dropColumns: (head, table) => { for (const position of head.link.args.keys()) head.schema.dropColumn(table, textAt(head, position) ?? ''); },
  renameColumn: (head, table, name) => { if (name !== undefined) head.schema.renameColumn(table, name, textAt(head, 1) ?? name); },
  increments: (head, table, name) => { head.schema.column(table, name ?? 'id'); },
};

/** `table.integer('user_id').references('id').inTable('users').onDelete('CASCADE')`. */
const builderLine = (step: Omit<Step, 'link'>, table: string): void => {
  const [first] = step.chain.links;
  if (first?.call === undefined) return;
  const head: Step = { ...step, link: first };
  const name = textAt(head, 0);
  const line = Object.hasOwn(LINES, first.name) ? LINES[first.name] : undefined;
  if (line !== undefined) line(head, table, name);
  else if (!NOT_COLUMNS.has(first.name) && name !== undefined) step.schema.column(table, name);
  builderKey(step, table, name ?? listText(step.value(first.args[0])));
};

const listText = (value: Value): string | undefined => (value.kind === 'list' ? value.items.flatMap(texts)[0] : undefined);

const builderKey = (step: Omit<Step, 'link'>, table: string, column: string | undefined): void => {
  const links = new Map(step.chain.links.map((link) => [link.name, link]));
  const argument = (name: string): string | undefined => {
    const value = step.value(links.get(name)?.args[0]);
    return texts(value)[0] ?? listText(value);
  };
  const references = argument('references');
  if (references === undefined || column === undefined) return;
  const [before = '', after] = references.split('.');
  const to = argument('inTable') ?? (after === undefined ? undefined : before);
  if (to !== undefined) key({ ...step, link: { name: '', args: [], line: step.at.line } }, { table, column, to, toColumn: after ?? references, onDelete: argument('onDelete') });
};

const isDown = (file: FileFacts, index: number): boolean => {
  for (let at = index; at > 0; at = file.functions[at]?.parent ?? -1) if (/(?:^|\.)down$/.test(file.functions[at]?.name ?? '')) return true;
  return false;
};

/** Applies one migration file's way up: knex, db-migrate, Sequelize and TypeORM migrations, and SQL within any of them. */
export const applyMigration = (file: FileFacts, run: Interpreter, schema: SchemaDraft): Unresolved[] => applyChains(file, run, schema, () => true);

/** Applies what ordinary code creates: tables made at the start, or by functions that migrations call. What it drops or renames says nothing about the schema. */
export const applyCode = (file: FileFacts, run: Interpreter, schema: SchemaDraft): Unresolved[] =>
  (file.functions.some(({ steps }) => createsTables(steps)) ? applyChains(file, run, schema, creates) : []);

const CREATES_TABLE = /\bcreate\s+(?:(?:unlogged|global|local|temp|temporary)\s+)*table\b/i;

const createsTables = (steps: FunctionFact['steps']): boolean => {
  let found = false;
  eachExpr(steps, (expr) => { found ||= expr.kind === 'call' && chainOf(expr).links.some((link) => isCreateTable(link) || link.args.some(isCreateSql)); });
  return found;
};

const isCreateTable = ({ name, args }: Link): boolean => CREATE_LINKS.has(name) && args.some(({ kind }) => kind === 'function' || kind === 'object');
const CREATE_LINKS = new Set(['createTable', 'createTableIfNotExists']);
const isCreateSql = (arg: Expr): boolean => (arg.kind === 'text' && CREATES_TABLE.test(arg.value)) || (arg.kind === 'template' && CREATES_TABLE.test(arg.texts.join(' ')));

/** Only creations; the lines of their builder closures are chains of their own. */
const creates = (chain: Chain, inBuilder: boolean): boolean => inBuilder || chain.links.some((link) => isCreateTable(link) || link.args.some(isCreateSql));

const applyChains = (file: FileFacts, run: Interpreter, schema: SchemaDraft, counts: (chain: Chain, inBuilder: boolean) => boolean): Unresolved[] => {
  const findings: Unresolved[] = [];
  const closures = new Map<number, string>();
  for (const [index, fact] of file.functions.entries()) {
    if (isDown(file, index)) continue;
    const frame = imaginedFrame(run, file, index);
    const value = (expr: Expr | undefined): Value => (expr === undefined ? UNKNOWN : run.evaluate(expr, frame));
    const table = closures.get(index) ?? closures.get(fact.parent);
    if (table !== undefined) closures.set(index, table);
    for (const chain of chainsOf(fact).filter((one) => counts(one, table !== undefined))) {
      applyChain({ chain, schema, file, value, findings, table, closures, at: { file: file.path, line: chain.links[0]?.line ?? 1 } });
    }
  }
  return findings;
};

/** The chains of a function, each once, outermost. */
const chainsOf = (fact: FunctionFact): Chain[] => {
  const seen = new Set<Expr>();
  const chains: Chain[] = [];
  eachExpr(fact.steps, (expr) => {
    if (expr.kind !== 'call' || seen.has(expr)) return;
    const chain = chainOf(expr);
    for (const { call } of chain.links) if (call !== undefined) seen.add(call);
    chains.push(chain);
  });
  return chains;
};

const applyChain = (step: Omit<Step, 'link'>): void => {
  for (const link of step.chain.links) {
    if (link.call !== undefined && Object.hasOwn(APPLY, link.name)) APPLY[link.name]?.({ ...step, link, at: { file: step.file.path, line: link.line } });
  }
  if (step.table !== undefined && step.chain.root.kind === 'name') builderLine(step, step.table);
};
