import type pg from 'pg';
import type { TableRef } from './change-event.ts';
import { textRows } from './connect.ts';
import { quoteName, quoteTable, type CapturedTable } from './table-ref.ts';

/**
 * Blocks `from` up to, not including, `to` of the file a table (or one partition) lies in. A row that nobody changes stays in its block as long as the file is the same
 * one; so a range means the same rows under a later snapshot, but for those that the stream tells of.
 */
export interface BlockRange extends TableRef {
  /** The file's number (`relfilenode`): another one after whatever rewrites the table (VACUUM FULL, CLUSTER, TRUNCATE, many an ALTER TABLE). */
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** Pure. The ranges without what `done` covers of them. */
export const withoutRange = (ranges: readonly BlockRange[], done: BlockRange): BlockRange[] => ranges.flatMap((range) => {
  if (!sameFile(range, done) || done.to <= range.from || done.from >= range.to) return [range];
  return [{ ...range, to: Math.max(range.from, done.from) }, { ...range, from: Math.min(range.to, done.to) }].filter(({ from, to }) => from < to);
});

const sameFile = (a: BlockRange, b: BlockRange): boolean => a.schema === b.schema && a.table === b.table && a.file === b.file;

/** Pure. Cut into pieces of about `blocks`, the last of them not much smaller than the others. */
export function cutRange(range: BlockRange, blocks: number): BlockRange[] {
  const pieces = Math.max(1, Math.round((range.to - range.from) / blocks));
  const at = (piece: number): number => range.from + Math.floor((range.to - range.from) * piece / pieces);
  return Array.from({ length: pieces }, (_, piece) => ({ ...range, from: at(piece), to: at(piece + 1) }));
}

/** The rows in these blocks. The server reads nothing else for it (a TID range scan). */
export const selectBlocks = (columns: readonly string[], range: BlockRange): string =>
  `SELECT ${columns.map((name) => `t.${quoteName(name)}`).join(', ')} FROM ONLY ${quoteTable(range)} AS t WHERE t.ctid >= '(${String(range.from)},0)'::tid AND t.ctid < '(${String(range.to)},0)'::tid`;

/** Before 14 the server would read the whole table for every range. */
const TID_RANGE_SCAN_SINCE = 140_000;

/** Whose rows this table's are: itself, or the partitions. `now` is the file as of this moment, `then` as of the transaction's snapshot. */
const HEAPS = `WITH heaps AS (SELECT relid AS oid FROM pg_partition_tree(to_regclass($1)) WHERE isleaf UNION SELECT to_regclass($1)::oid)
  SELECT n.nspname AS schema, c.relname AS table, c.relfilenode AS then, coalesce(pg_relation_filenode(c.oid), 0) AS now, pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks,
    c.relkind = 'r' AND a.amname = 'heap' AND NOT c.relrowsecurity AND has_table_privilege(c.oid, 'SELECT')
      AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AND current_setting('server_version_num')::int >= ${String(TID_RANGE_SCAN_SINCE)} AS by_blocks
  FROM heaps h JOIN pg_class c ON c.oid = h.oid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am a ON a.oid = c.relam WHERE c.relkind <> 'p'`;

export interface Heaps {
  /** One for each file; undefined where the table must be read as a whole (foreign or inherited parts, another access method, parts that only the root may read, an old server). */
  readonly ranges: readonly BlockRange[] | undefined;
  /** Somebody rewrote the table after the transaction's snapshot was taken: seen from there it may look empty. */
  readonly rewritten: boolean;
}

/** What a table consists of. The caller holds a lock on it. */
export async function heapsOf(client: pg.ClientBase, { ref }: CapturedTable): Promise<Heaps> {
  const rows = await textRows<'schema' | 'table' | 'then' | 'now' | 'blocks' | 'by_blocks'>(client, HEAPS, [quoteTable(ref)]);
  const ranges = rows.map(({ schema, table, now, blocks }): BlockRange => ({ schema, table, file: now, from: 0, to: Number(blocks) }));
  return { ranges: rows.every((row) => row.by_blocks === 't') ? ranges : undefined, rewritten: rows.some(({ then, now }) => then !== now) };
}

/** Whether the range still lies in the file it was planned for. */
export async function isSameFile(client: pg.ClientBase, range: BlockRange): Promise<boolean> {
  const [row] = await textRows<'file'>(client, 'SELECT pg_relation_filenode(to_regclass($1)) AS file', [quoteTable(range)]);
  return row?.file === range.file;
}
