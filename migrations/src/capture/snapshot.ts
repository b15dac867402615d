import type { ChangeEvent, ChangeTransaction, ColumnText } from './change-event.ts';
import { connect, textRows } from './connect.ts';
import { LineSplitter, parseCopyRow } from './copy-text.ts';
import type { Lsn } from './lsn.ts';
import { quoteLiteral, quoteName, quoteTable, tableName, type CapturedTable, type CapturedTables } from './table-ref.ts';
import type { SlotSnapshot } from './replication-session.ts';

/** A chunk is one transaction in the log and at the target: bounded memory here, bounded locks there. */
const CHUNK_ROWS = 2_000;
const CHUNK_BYTES = 4_000_000;
/**
 * Chunks are numbered with the positions just below the slot's consistent point: nothing the slot streams lies there, and the log keeps one order.
 * A million chunks of two thousand rows is as far as one snapshot goes; a fresh cluster's first position is already above sixteen million.
 */
const RESERVED_POSITIONS = 1n << 20n;

/** The marker of the transaction that ends a snapshot; it lies exactly at the consistent point. */
export const SNAPSHOT_COMPLETE = 'snapshot-complete';

export interface SnapshotProgress {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
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
}

/** Reads every table as of the slot's snapshot into bounded transactions of `snapshot-read` events, ended by a marker at the consistent point. */
export async function readSnapshot(request: SnapshotRequest): Promise<void> {
  const { tables, slot, nowMs } = request;
  const client = await connect(request.sourceUrl, 'source');
  const stop = (): void => { (client.connection as unknown as { stream: { destroy(): void } }).stream.destroy(); };
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(slot.snapshot)}`);
    let position = slot.consistentPoint - RESERVED_POSITIONS;
    for (const table of tables.values()) {
      for await (const events of chunks(client, table, request)) {
        position += 1n;
        if (position >= slot.consistentPoint) throw new Error(`the snapshot of ${tableName(table.ref)} has more than ${String(RESERVED_POSITIONS)} chunks`);
        await request.append([{ commitLsn: position as Lsn, xid: 0, committedAtMs: nowMs, events }]);
      }
    }
    await request.append([{ commitLsn: slot.consistentPoint, xid: 0, committedAtMs: nowMs, events: [], marker: SNAPSHOT_COMPLETE }]);
    await client.query('COMMIT');
  } finally {
    request.signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}

type SourceClient = Awaited<ReturnType<typeof connect>>;

/** Generated columns are computed anew by the target; pgoutput does not send them either. */
async function copiedColumns(client: SourceClient, { ref, omit }: CapturedTable): Promise<string[]> {
  const rows = await textRows<'name'>(client, `SELECT a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`, [ref.schema, ref.table]);
  return rows.map(({ name }) => name).filter((name) => !omit.has(name));
}

async function* chunks(client: SourceClient, table: CapturedTable, { onProgress }: SnapshotRequest): AsyncGenerator<ChangeEvent[]> {
  const columns = await copiedColumns(client, table);
  const name = tableName(table.ref);
  let events: ChangeEvent[] = [];
  let [rows, bytes, chunkBytes] = [0, 0, 0];
  const sql = `COPY (SELECT ${columns.map(quoteName).join(', ')} FROM ${quoteTable(table.ref)}) TO STDOUT`;
  for await (const lines of copyLines(client, sql)) {
    for (const line of lines) {
      events.push({ op: 'snapshot-read', ...table.ref, after: rowOf(columns, parseCopyRow(line)) });
      chunkBytes += line.length;
      if (events.length < CHUNK_ROWS && chunkBytes < CHUNK_BYTES) continue;
      yield events;
      rows += events.length;
      bytes += chunkBytes;
      onProgress({ table: name, rows, bytes });
      [events, chunkBytes] = [[], 0];
    }
  }
  if (events.length > 0) yield events;
  onProgress({ table: name, rows: rows + events.length, bytes: bytes + chunkBytes });
}

function rowOf(columns: readonly string[], values: readonly ColumnText[]): Record<string, ColumnText> {
  const row: Record<string, ColumnText> = {};
  for (let index = 0; index < columns.length; index += 1) row[columns[index] ?? ''] = values[index] ?? null;
  return row;
}

interface CopyConnection {
  readonly stream: { pause(): unknown; resume(): unknown };
  on(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): unknown;
  off(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): unknown;
}

/** COPY … TO STDOUT as batches of lines; the socket is paused while the reader is busy with one. */
async function* copyLines(client: SourceClient, sql: string): AsyncGenerator<string[]> {
  const connection = client.connection as unknown as CopyConnection;
  const splitter = new LineSplitter();
  let waiting: string[] = [];
  let waitingBytes = 0;
  let wake: () => void = () => undefined;
  const listen = ({ chunk }: { readonly chunk: Buffer }): void => {
    const lines = splitter.push(chunk);
    if (waiting.length === 0) waiting = lines; else waiting.push(...lines);
    waitingBytes += chunk.length;
    if (waiting.length >= CHUNK_ROWS || waitingBytes >= CHUNK_BYTES) connection.stream.pause();
    wake();
  };
  connection.on('copyData', listen);
  const state: { done: boolean; error?: unknown } = { done: false };
  client.query(sql).then(() => { state.done = true; wake(); }, (error: unknown) => { state.done = true; state.error = error; wake(); });
  try {
    for (;;) {
      if (waiting.length === 0) {
        if (state.done) break;
        const more = new Promise<void>((resolve) => { wake = resolve; });
        connection.stream.resume();
        await more;
        continue;
      }
      const lines = waiting;
      [waiting, waitingBytes] = [[], 0];
      yield lines;
    }
    if (state.error !== undefined) throw state.error as Error;
  } finally {
    connection.off('copyData', listen);
    connection.stream.resume();
  }
}
