import type { Unresolved } from '../../model/graph.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import type { Types } from '../link/types.ts';
import type { FileFacts } from '../parse/facts.ts';
import type { Models } from '../tables/models.ts';
import type { PrismaColumns, PrismaRelations } from '../tables/prisma.ts';
import { applyAssociations } from './associations.ts';
import { applySql } from './ddl.ts';
import { SchemaDraft } from './drafts.ts';
import { applyEntities } from './entities.ts';
import { applyCode, applyMigration } from './migrations.ts';
import type { LiveCatalog } from './live-catalog.ts';
import { applyCatalog } from './live-schema.ts';
import { applyViewEntities } from './views.ts';
import { readPrismaSchema } from './prisma-schema.ts';

/** A text file that is not source: SQL, a Prisma schema. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface ReadSchema {
  readonly schema: SchemaDraft;
  readonly relations: PrismaRelations;
  readonly columns: PrismaColumns;
  readonly unresolved: readonly Unresolved[];
}

const NOT_UP = /(?:^|[/._-])(?:down|rollback|undo|revert|drop|seeds?|fixtures?)(?:[/._-]|$)/i;

interface Sources {
  readonly migrations: readonly FileFacts[];
  /** Code that may create tables itself, when it starts. */
  readonly code: readonly FileFacts[];
  readonly sql: readonly TextFile[];
  readonly prisma: readonly TextFile[];
  /** What a live database says. */
  readonly catalog?: LiveCatalog | undefined;
}

const folderOf = (path: string): string => path.replace(/[^/]*$/, '');

interface Into { readonly schema: SchemaDraft; readonly models: Models; readonly relations: Map<string, ReadonlyMap<string, string>>; readonly columns: Map<string, ReadonlyMap<string, string>>; readonly unresolved: Unresolved[] }

/** Whether there is a Prisma schema; it then speaks for the migrations that Prisma writes itself. */
const readPrisma = (files: readonly TextFile[], { schema, models, relations, columns, unresolved }: Into): boolean => {
  // A schema in several files lies where one of them names the database.
  const connected = new Set(files.filter(({ text }) => /^datasource\s+\w+\s*\{/m.test(text)).map(({ path }) => folderOf(path)));
  const prisma = files.filter(({ path }) => /(?:^|\/)(?:schema\.prisma$|prisma\/)/.test(path) || connected.has(folderOf(path)));
  for (const { path } of files) {
    if (!prisma.some((one) => one.path === path)) unresolved.push({ kind: 'schema', what: path, why: 'not where Prisma keeps a project’s schema: taken as data', evidence: { file: path, line: 1 } });
  }
  for (const { path, text } of prisma) {
    const read = readPrismaSchema(path, text, schema);
    // Several schemas may each have a User: their relations and columns are taken together.
    for (const [name, fields] of read.relations) relations.set(name, new Map([...(relations.get(name) ?? []), ...fields]));
    for (const [name, fields] of read.columns) columns.set(name, new Map([...(columns.get(name) ?? []), ...fields]));
    for (const { name, table, line } of read.models) models.add({ name, table, via: 'prisma', file: { path } as FileFacts, line });
  }
  return prisma.length > 0;
};

/** Prisma's schema knows neither triggers nor what a view is made of; the SQL of its migrations does. Tables and keys stay the schema's. */
const takeFromMigrations = (sql: readonly TextFile[], schema: SchemaDraft): void => {
  const written = new SchemaDraft();
  for (const { path, text } of [...sql].filter((one) => !NOT_UP.test(one.path)).sort((a, b) => (a.path < b.path ? -1 : 1))) applySql(text, written, { file: path, line: 1 });
  schema.takeIndirect(written);
};

/** The schema from everything that declares one, in the order in which it is applied: migrations by name, then entities. */
export const readSchema = (sources: Sources, run: Interpreter, types: Types, models: Models): ReadSchema => {
  const schema = new SchemaDraft();
  const unresolved: Unresolved[] = [];
  const relations = new Map<string, ReadonlyMap<string, string>>();
  const columns = new Map<string, ReadonlyMap<string, string>>();
  const prisma = readPrisma(sources.prisma, { schema, models, relations, columns, unresolved });
  const steps = [
    ...sources.migrations.map((file) => ({ path: file.path, apply: () => applyMigration(file, run, schema) })),
    ...(prisma ? [] : sources.sql).filter(({ path }) => !NOT_UP.test(path)).map(({ path, text }) => ({ path, apply: () => applySql(text, schema, { file: path, line: 1 }) })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of sources.code) unresolved.push(...applyCode(file, run, schema));
  for (const { apply } of steps) unresolved.push(...apply());
  if (prisma) takeFromMigrations(sources.sql, schema);
  applyEntities(models, types, schema);
  applyViewEntities(models, schema);
  applyAssociations(sources.code, run, models, schema);
  if (sources.catalog !== undefined) applyCatalog(sources.catalog, schema);
  for (const { name } of schema.facts()) models.tables.add(name);
  return { schema, relations, columns, unresolved };
};
