import type pg from 'pg';
import { cutRange, heapsOf, selectBlocks, type BlockRange } from './block-range.ts';
import { textRows } from './connect.ts';
import type { Relation } from './packed.ts';
import { quoteName, quoteTable, tableName, type CapturedTable, type CapturedTables } from './table-ref.ts';

/** What one reader reads at a time: a range of blocks, or a whole table. */
export interface Part {
  readonly table: PlannedTable;
  readonly sql: string;
  /** Undefined: the whole table. */
  readonly range?: BlockRange;
}

export interface PlannedTable {
  readonly name: string;
  readonly relation: Relation;
  /** Rows the server believes the table has (pg_class.reltuples); undefined where it does not know. */
  readonly expected: number | undefined;
  /** Undefined where the table must be read as a whole. */
  readonly ranges: readonly BlockRange[] | undefined;
}

export interface SnapshotPlan {
  readonly tables: readonly PlannedTable[];
  /** In the order in which they are read. */
  readonly parts: readonly Part[];
}

/** A table was rewritten between the snapshot and our lock: an ALTER TABLE that does so leaves an empty table to whoever looks through an older snapshot. */
export class RewrittenMeanwhile extends Error {}

/** A part of a table has at least so many blocks (32 MiB). What is read a second time after an interruption is at most one part for each reader. */
const PART_BLOCKS = 4_096;
const PARTS_OF_A_TABLE = 1_000;

/**
 * What is to be read, under the snapshot that the session has taken. Every table is locked first against being rewritten, as pg_dump does; writers are not kept off.
 * @throws RewrittenMeanwhile
 */
export async function planSnapshot(client: pg.ClientBase, tables: CapturedTables, partBlocks = PART_BLOCKS): Promise<SnapshotPlan> {
  await client.query(lockAll(tables));
  const planned: PlannedTable[] = [];
  const parts: Part[] = [];
  for (const table of tables.values()) {
    const [described, { ranges, rewritten }] = [await describe(client, table), await heapsOf(client, table)];
    if (rewritten) throw new RewrittenMeanwhile(`${described.name} was rewritten when its copy was about to begin`);
    planned.push({ ...described, ranges });
    parts.push(...partsOf({ ...described, ranges }, partBlocks));
  }
  return { tables: planned, parts };
}

const lockAll = (tables: CapturedTables): string => `LOCK TABLE ${[...tables.values()].map(({ ref }) => quoteTable(ref)).join(', ')} IN ACCESS SHARE MODE`;

/** How long a further reader may wait for its locks. Writers are not in its way, only who waits to alter a table, and that one waits for the first reader. */
const FURTHER_LOCKS_MS = 1_000;

/**
 * Has a further reader hold the locks of the first. Without them it would queue behind a TRUNCATE that waits for the first reader, who waits for this one's part.
 * @returns false where somebody waits already: then this reader must do without
 */
export async function joinPlan(client: pg.ClientBase, tables: CapturedTables): Promise<boolean> {
  try {
    await client.query(`SET LOCAL lock_timeout = ${String(FURTHER_LOCKS_MS)}; ${lockAll(tables)}; SET LOCAL lock_timeout = 0`);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error; // lock_not_available
    return false;
  }
}

/** What is copied of a table. Generated columns are computed anew by the target; pgoutput does not send them either. */
async function describe(client: pg.ClientBase, { ref, key, omit }: CapturedTable): Promise<Omit<PlannedTable, 'ranges'>> {
  const rows = await textRows<'id' | 'expected' | 'name' | 'type' | 'modifier'>(client, `SELECT c.oid AS id, c.reltuples::bigint AS expected, a.attname AS name, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`, [ref.schema, ref.table]);
  const columns = rows.filter(({ name }) => !omit.has(name)).map(({ name, type, modifier }) => ({ name, type: Number(type), modifier: Number(modifier) }));
  const expected = Number(rows[0]?.expected ?? -1);
  return { name: tableName(ref), relation: { ...ref, id: Number(rows[0]?.id ?? 0), columns, key }, expected: expected < 0 ? undefined : expected };
}

function partsOf(table: PlannedTable, partBlocks: number): Part[] {
  const columns = table.relation.columns.map(({ name }) => name);
  if (table.ranges === undefined) return [{ table, sql: `COPY (SELECT ${columns.map(quoteName).join(', ')} FROM ${quoteTable(table.relation)}) TO STDOUT` }];
  return table.ranges.flatMap((heap) => cutRange(heap, Math.max(partBlocks, Math.ceil(heap.to / PARTS_OF_A_TABLE))).filter(({ from, to }) => from < to)
    .map((range) => ({ table, range, sql: `COPY ${range.to - range.from === heap.to ? whole(columns, range) : `(${selectBlocks(columns, range)})`} TO STDOUT` })));
}

/** A table that is one part goes past the executor. */
const whole = (columns: readonly string[], range: BlockRange): string => `${quoteTable(range)} (${columns.map(quoteName).join(', ')})`;
