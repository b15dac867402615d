import type { Evidence } from '../../model/evidence.ts';
import { texts, type Value } from '../interpret/values.ts';
import { eachExpr } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts } from '../parse/facts.ts';
import { chainOf, type Link } from '../tables/chain.ts';
import type { Models } from '../tables/models.ts';
import { parseSql, tablesOf } from '../tables/sql.ts';
import { tableName } from '../tables/table-name.ts';
import type { SchemaDraft } from './drafts.ts';

type Evaluate = (expr: Expr) => Value;

/** knex's `createView('programme', (view) => view.as(knex('films').join('halls', …)))`: the tables its builder names. */
export const applyBuiltView = (name: string, link: Link, { file, schema, at, value }: { file: FileFacts; schema: SchemaDraft; at: Evidence; value: Evaluate }): void => {
  const reads = link.args.flatMap((arg) => (arg.kind === 'function' ? namedIn(file, arg.index, value) : []));
  schema.create(name, at);
  schema.view(name, reads, at);
};

const namedIn = (file: FileFacts, index: number, value: Evaluate): string[] => {
  const found: string[] = [];
  eachExpr(file.functions[index]?.steps ?? [], (expr) => {
    if (expr.kind !== 'call') return;
    for (const link of chainOf(expr).links) if (namesTable(link)) found.push(...link.args.slice(0, 1).flatMap((arg) => texts(value(arg))).flatMap((text) => tableName(text) ?? []));
  });
  return found;
};

/** `knex('films')`, `.from('films')`, any join. */
const namesTable = ({ name, call }: Link): boolean => call !== undefined && (name === '' || name === 'from' || name === 'table' || /[jJ]oin$/.test(name));

/** TypeORM's `@ViewEntity({ expression: 'SELECT …' })`. */
export const applyViewEntities = (models: Models, schema: SchemaDraft): void => {
  for (const { via, table, file, line, classIndex } of models.all) {
    if (via !== 'typeorm' || classIndex === undefined) continue;
    const decorator = file.classes[classIndex]?.decorators.find(isViewEntity);
    if (decorator !== undefined) schema.view(table, tablesOf(parseSql(expressionIn(decorator)) ?? []).map((used) => used.table), { file: file.path, line });
  }
};

const isViewEntity = (expr: Expr): expr is CallExpr => expr.kind === 'call' && expr.callee.kind === 'name' && expr.callee.name === 'ViewEntity';

const expressionIn = ({ args }: CallExpr): string => {
  const options = args.flatMap((arg) => (arg.kind === 'object' ? arg.properties : []));
  return options.filter(({ name }) => name === 'expression').map(({ value }) => textOf(value))[0] ?? '';
};

const textOf = (expr: Expr): string | undefined => (expr.kind === 'text' ? expr.value : expr.kind === 'template' ? expr.texts.join('1') : undefined);
