import type { ChangeTransaction } from './change-event.ts';
import { connect, textRows } from './connect.ts';
import { copyChunks, type CopyChunk } from './copy-chunks.ts';
import type { Lsn } from './lsn.ts';
import { PackedTransaction } from './packed-transaction.ts';
import type { PackedChanges, Relation } from './packed.ts';
import { quoteLiteral, quoteName, quoteTable, tableName, type CapturedTable, type CapturedTables } from './table-ref.ts';
import type { SlotSnapshot } from './replication-session.ts';

/** A chunk is one transaction in the log and at the target: bounded memory here, bounded locks there. */
const CHUNK_BYTES = 2_000_000;
/**
 * Chunks are numbered with the positions just below the slot's consistent point: nothing the slot streams lies there, and the log keeps one order.
 * A million chunks of two megabytes is as far as one snapshot goes; a fresh cluster's first position is already above sixteen million.
 */
const RESERVED_POSITIONS = 1n << 20n;

/** The marker of the transaction that ends a snapshot; it lies exactly at the consistent point. */
export const SNAPSHOT_COMPLETE = 'snapshot-complete';

export interface SnapshotProgress {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows the server believes the table has (pg_class.reltuples); absent where it does not know. */
  readonly expected?: number;
}

export interface SnapshotRequest {
  readonly sourceUrl: string;
  readonly tables: CapturedTables;
  readonly slot: SlotSnapshot;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Where the chunks go; when it resolves the chunk is durable, and the next one is read. */
  readonly append: (transactions: readonly ChangeTransaction[]) => Promise<void>;
  readonly onProgress: (progress: SnapshotProgress) => void;
  /** Asked after each chunk with the rows it had, and waited for before more are read: whoever wants the source or the target spared says how long. */
  readonly pace?: (rows: number) => Promise<void>;
}

/** Reads every table as of the slot's snapshot into bounded transactions of `snapshot-read` events, ended by a marker at the consistent point. */
export async function readSnapshot(request: SnapshotRequest): Promise<void> {
  const { tables, slot, nowMs, onProgress } = request;
  let appending: Promise<void> = Promise.resolve();
  const client = await connect(request.sourceUrl, 'source');
  const stop = (): void => { (client.connection as unknown as { stream: { destroy(): void } }).stream.destroy(); };
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(slot.snapshot)}`);
    let position = slot.consistentPoint - RESERVED_POSITIONS;
    for (const table of tables.values()) {
      const { relation, sql, expected } = await described(client, table);
      const progress = { table: tableName(table.ref), rows: 0, bytes: 0, ...(expected === undefined ? {} : { expected }) };
      for await (const chunk of copyChunks(client, sql, CHUNK_BYTES)) {
        position += 1n;
        if (position >= slot.consistentPoint) throw new Error(`the snapshot of ${tableName(table.ref)} has more than ${String(RESERVED_POSITIONS)} chunks`);
        await appending; // one chunk is written while the next is read
        appending = request.append([new PackedTransaction({ commitLsn: position as Lsn, xid: 0, committedAtMs: nowMs }, chunkOf(relation, chunk))]);
        appending.catch(() => undefined);
        progress.rows += chunk.rows;
        progress.bytes += chunk.text.length;
        onProgress({ ...progress });
        await request.pace?.(chunk.rows);
      }
      if (progress.rows === 0) onProgress(progress);
    }
    await appending;
    await request.append([{ commitLsn: slot.consistentPoint, xid: 0, committedAtMs: nowMs, events: [], marker: SNAPSHOT_COMPLETE }]);
    await client.query('COMMIT');
  } finally {
    request.signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}

type SourceClient = Awaited<ReturnType<typeof connect>>;

interface Copied {
  readonly relation: Relation;
  readonly sql: string;
  readonly expected: number | undefined;
}

/** What is copied of a table, and how. Generated columns are computed anew by the target; pgoutput does not send them either. */
async function described(client: SourceClient, { ref, key, omit }: CapturedTable): Promise<Copied> {
  const rows = await textRows<'id' | 'expected' | 'name' | 'type' | 'modifier'>(client, `SELECT c.oid AS id, c.reltuples::bigint AS expected, a.attname AS name, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`, [ref.schema, ref.table]);
  const columns = rows.filter(({ name }) => !omit.has(name)).map(({ name, type, modifier }) => ({ name, type: Number(type), modifier: Number(modifier) }));
  const expected = Number(rows[0]?.expected ?? -1);
  return {
    expected: expected < 0 ? undefined : expected,
    relation: { ...ref, id: Number(rows[0]?.id ?? 0), columns, key },
    sql: `COPY (SELECT ${columns.map(({ name }) => quoteName(name)).join(', ')} FROM ${quoteTable(ref)}) TO STDOUT`,
  };
}

/** Rows as the server printed them: nobody looks at them before the target does. */
function chunkOf(relation: Relation, { text, rows }: CopyChunk): PackedChanges {
  const relations = new Map([[relation.id, relation]]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(9 + text.length, 0);
  head.write('S', 4);
  head.writeUInt32BE(relation.id, 5);
  head.writeUInt32BE(rows, 9);
  return { bytes: Buffer.concat([head, text]), count: rows, snapshotRows: rows, relations, relationsAfter: relations };
}
