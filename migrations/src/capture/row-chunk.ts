import type pg from 'pg';
import { isSameFile, selectBlocks, type BlockRange } from './block-range.ts';
import type { ColumnText, RowText } from './change-event.ts';
import { textRows } from './connect.ts';
import { MARKER_PREFIX } from './pgoutput.ts';
import { quoteName, quoteTable, type CapturedTable } from './table-ref.ts';

/** A key as texts, in the order of the config's key columns. */
export type KeyTexts = readonly string[];

/** Which transactions a statement sees (PostgreSQL docs, `pg_snapshot`): all below `xmin`, none from `xmax` on, between them those that are not in progress. */
export interface Visibility {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly inProgress: ReadonlySet<bigint>;
}

/** Reads what `pg_current_snapshot()` prints, `xmin:xmax:xid,xid`. */
export function parseVisibility(text: string): Visibility {
  const [xmin = '0', xmax = '0', list = ''] = text.split(':');
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), inProgress: new Set(list === '' ? [] : list.split(',').map(BigInt)) };
}

const WRAP = 1n << 32n;

/** The WAL names transactions by 32 bits, a snapshot by 64: the nearest one at or before about `near`. */
export function fullXid(xid: number, near: bigint): bigint {
  const full = near - (near % WRAP) + BigInt(xid);
  return full > near + WRAP / 2n ? full - WRAP : full;
}

/** Whether a snapshot shows what transaction `xid` did. A commit may be streamed to us before new snapshots show it: positions cannot tell, only this can. */
export function isVisible(xid: number, { xmin, xmax, inProgress }: Visibility): boolean {
  const full = fullXid(xid, xmax);
  return full < xmin || (full < xmax && !inProgress.has(full));
}

export interface RowChunk {
  readonly rows: readonly RowText[];
  readonly visibility: Visibility;
}

/** Reads rows of one table in pieces, each as one snapshot shows them; values are the text logical decoding sends. */
export class ChunkReader {
  private readonly client: pg.Client;
  private readonly table: CapturedTable;
  private readonly columns: readonly string[];
  /** Casts of the key columns. */
  private readonly casts: readonly string[];

  private constructor(client: pg.Client, table: CapturedTable, columns: readonly string[], casts: readonly string[]) {
    this.client = client;
    this.table = table;
    this.columns = columns;
    this.casts = casts;
  }

  static async open(client: pg.Client, table: CapturedTable): Promise<ChunkReader> {
    const found = await textRows<'name' | 'type'>(client, `SELECT attname AS name, format_type(atttypid, -1) AS type FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`, [quoteTable(table.ref)]);
    const types = new Map(found.map(({ name, type }) => [name, type]));
    return new ChunkReader(client, table, found.map(({ name }) => name).filter((name) => !table.omit.has(name)), table.key.map((name) => types.get(name) ?? 'text'));
  }

  keyOf(row: RowText): KeyTexts {
    return this.table.key.map((name) => row[name] ?? '');
  }

  /** The next rows in key order, at most `limit`. */
  async after(key: KeyTexts | undefined, limit: number): Promise<RowChunk> {
    const names = this.table.key.map((name) => `t.${quoteName(name)}`).join(', ');
    const bound = key === undefined ? '' : `WHERE (${names}) > (${this.casts.map((cast, index) => `$${String(index + 1)}::text::${cast}`).join(', ')})`;
    return this.inSnapshot(`${this.select()} ${bound} ORDER BY ${names} LIMIT ${String(limit)}`, key ?? []);
  }

  /** The rows in these blocks; undefined when the table does not lie in that file any more. */
  async inBlocks(range: BlockRange): Promise<RowChunk | undefined> {
    if (!await isSameFile(this.client, range)) return undefined;
    // Looked at again while the reading's own lock keeps the file from being exchanged: it may have been a moment before.
    return this.inSnapshot(selectBlocks(this.columns, range), [], (chunk) => isSameFile(this.client, range).then((same) => (same ? chunk : undefined)));
  }

  /** The rows of these keys, as far as they are there. */
  async of(keys: readonly KeyTexts[]): Promise<RowChunk> {
    return this.inSnapshot(this.selectKeys(), this.columnsOf(keys));
  }

  /**
   * The rows of these keys, held against changes until a mark in the WAL is committed: for rows that change faster than they can be read. The rows are as of the mark;
   * that others are absent holds as of the snapshot.
   */
  async lockedOf(keys: readonly KeyTexts[], marker: string, onRead: (chunk: RowChunk) => void): Promise<void> {
    await this.client.query(`BEGIN; ${this.lock()}`);
    try {
      const visibility = await this.visibility();
      const rows = await textRows<string>(this.client, `${this.selectKeys()} FOR SHARE OF t`, this.columnsOf(keys));
      onRead({ rows, visibility });
      await this.client.query('SELECT pg_logical_emit_message(true, $1, $2)', [MARKER_PREFIX, marker]);
      await this.client.query('COMMIT');
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  private async inSnapshot<Kept = RowChunk>(sql: string, values: readonly unknown[], judge: (chunk: RowChunk) => Kept | Promise<Kept> = (chunk) => chunk as Kept): Promise<Kept> {
    await this.client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${this.lock()}`);
    try {
      const visibility = await this.visibility();
      const rows: Record<string, ColumnText>[] = await textRows<string>(this.client, sql, values);
      const kept = await judge({ rows, visibility });
      await this.client.query('COMMIT');
      return kept;
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Before the snapshot is taken: a TRUNCATE between the two would leave an empty table to a snapshot that does not know of it. Keeps nobody from writing rows. */
  private lock(): string {
    return `LOCK TABLE ${quoteTable(this.table.ref)} IN ACCESS SHARE MODE`;
  }

  private async visibility(): Promise<Visibility> {
    const [row] = await textRows<'snapshot'>(this.client, 'SELECT pg_current_snapshot() AS snapshot');
    return parseVisibility(row?.snapshot ?? '');
  }

  private select(): string {
    return `SELECT ${this.columns.map((name) => `t.${quoteName(name)}`).join(', ')} FROM ${quoteTable(this.table.ref)} AS t`;
  }

  private selectKeys(): string {
    const wanted = this.casts.map((_, index) => `$${String(index + 1)}::text[]`).join(', ');
    const on = this.table.key.map((name, index) => `t.${quoteName(name)} = w.k${String(index)}::${this.casts[index] ?? 'text'}`).join(' AND ');
    return `${this.select()} JOIN unnest(${wanted}) AS w(${this.casts.map((_, index) => `k${String(index)}`).join(', ')}) ON ${on}`;
  }

  private columnsOf(keys: readonly KeyTexts[]): string[][] {
    return this.casts.map((_, index) => keys.map((key) => key[index] ?? ''));
  }
}

const WRITES = "'RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'";

/**
 * Who is writing the table now, by virtual transaction: those who began before a publication named it may have written rows it will never show, and one that has been
 * streamed but is still invisible to snapshots holds its lock as long.
 */
export async function writersOf(client: pg.ClientBase, { ref }: CapturedTable): Promise<ReadonlyMap<string, string>> {
  const rows = await textRows<'transaction' | 'who'>(client, `SELECT l.virtualtransaction AS transaction, coalesce(format('pid %s (%s, %s)', a.pid, a.application_name, a.state), 'a prepared transaction') AS who
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'relation' AND l.granted AND l.mode IN (${WRITES}) AND l.pid IS DISTINCT FROM pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.relation IN (SELECT relid FROM pg_partition_tree(to_regclass($1)) UNION ALL SELECT to_regclass($1))`, [quoteTable(ref)]);
  return new Map(rows.map(({ transaction, who }) => [transaction, who]));
}
