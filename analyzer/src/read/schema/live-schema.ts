import type { Evidence } from '../../model/evidence.ts';
import type { LiveCatalog } from './live-catalog.ts';
import type { SchemaDraft } from './drafts.ts';

/** Where a live database says something, there is no line to show. */
export const IN_DATABASE: Evidence = { file: '(database)', line: 1 };

/** The database has the last word on what there is; where the source declares it, too, the source's line stays the evidence. */
export const applyCatalog = ({ tables, keys, views, triggers }: LiveCatalog, schema: SchemaDraft): void => {
  for (const { name, columns, rows } of tables) {
    schema.create(name, IN_DATABASE);
    for (const column of columns) schema.column(name, column);
    if (rows !== null) schema.rows(name, rows);
  }
  for (const { from, columns, to, references, onDelete } of keys) {
    if (!schema.hasKey(from, columns)) schema.foreignKey({ from: { table: from, columns }, to: { table: to, columns: references }, evidence: IN_DATABASE, ...(onDelete === null ? {} : { onDelete }) });
  }
  for (const { name, reads } of views) schema.view(name, reads, IN_DATABASE);
  for (const { name, table, body } of triggers) schema.trigger(table, name, { evidence: IN_DATABASE, body });
};
