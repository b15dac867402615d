import type pg from 'pg';
import type { ChangeTransaction } from './change-event.ts';
import { connect } from './connect.ts';
import { plainSocket } from './gulp-socket.ts';
import { copyChunks, type CopyChunk } from './copy-chunks.ts';
import type { Lsn } from './lsn.ts';
import { PackedTransaction } from './packed-transaction.ts';
import type { PackedChanges, Relation } from './packed.ts';
import type { SlotSnapshot } from './replication-session.ts';
import { joinPlan, planSnapshot, type Part, type PlannedTable, type SnapshotPlan } from './snapshot-plan.ts';
import { beforeSnapshot, CHUNK_BYTES } from './snapshot-positions.ts';
import { quoteLiteral, type CapturedTables } from './table-ref.ts';

/** The marker of the transaction that ends a snapshot; it lies exactly at the consistent point. */
export const SNAPSHOT_COMPLETE = 'snapshot-complete';

export interface SnapshotProgress {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows the server believes the table has (pg_class.reltuples); absent where it does not know. */
  readonly expected?: number;
}

/** Writes down how far a snapshot has come, so that another run need not begin anew. */
export interface SnapshotRecord {
  /** Before anything is read; on disk when it resolves. */
  begin(plan: SnapshotPlan): Promise<void>;
  /** The part is durable in the log. */
  done(part: Part, rows: number): void;
  /** What was told is on disk when it resolves. */
  settled(): Promise<void>;
}

export interface SnapshotRequest {
  readonly sourceUrl: string;
  readonly tables: CapturedTables;
  readonly slot: SlotSnapshot;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Connections that read at once. */
  readonly readers: number;
  /** Blocks that a reader takes at a time, at least; default 32 MiB of them. */
  readonly partBlocks?: number | undefined;
  /** Where the chunks go, one call at a time; when it resolves they are durable. */
  readonly append: (transactions: readonly ChangeTransaction[]) => Promise<void>;
  readonly onProgress: (progress: SnapshotProgress) => void;
  /** Asked after each chunk with the rows it had, and waited for before more are read: whoever wants the source or the target spared says how long. */
  readonly pace?: (rows: number) => Promise<void>;
  readonly record?: SnapshotRecord;
  /** No table is begun before the one before it is in the log: what waits for a parked row is told by rows that came earlier. */
  readonly inOrder?: boolean;
  /** Asked before each part: when true the rest is left to whoever reads the record, and the snapshot ends. */
  readonly enough?: () => boolean;
}

/**
 * Reads every table as of the slot's snapshot into bounded transactions of `snapshot-read` events, ended by a marker at the consistent point. Several connections share
 * the snapshot, and each takes the next part of the plan when it is done with one.
 */
export async function readSnapshot(request: SnapshotRequest): Promise<void> {
  const chunks = new Chunks(request);
  const first = await openReader(request);
  const readers = [first];
  const stop = (): void => { for (const { connection } of readers) (connection as unknown as { stream: { destroy(): void } }).stream.destroy(); };
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    const plan = await planSnapshot(first, request.tables, request.partBlocks);
    await request.record?.begin(plan);
    await addReaders(request, readers, Math.min(request.readers, plan.parts.length));
    const work = new Work(request, plan, chunks);
    const reading = readers.map((reader) => work.of(reader));
    for (const each of reading) each.catch(stop); // one is lost, and with it the snapshot: the others need not go on
    await settledOrFirst(reading);
    await request.record?.settled();
    await chunks.append({ commitLsn: request.slot.consistentPoint, xid: 0, committedAtMs: request.nowMs, events: [], marker: SNAPSHOT_COMPLETE });
  } finally {
    request.signal.removeEventListener('abort', stop);
    await Promise.all(readers.map((reader) => reader.end().catch(() => undefined)));
  }
}

/** One that cannot have its locks at once is let go: fewer readers are slower, and no more. */
async function addReaders(request: SnapshotRequest, readers: pg.Client[], wanted: number): Promise<void> {
  while (readers.length < wanted) {
    const reader = await openReader(request);
    readers.push(reader);
    if (await joinPlan(reader, request.tables)) continue;
    readers.pop();
    await reader.end().catch(() => undefined);
    return;
  }
}

/** All have ended when it does; what it throws is what went wrong first, not what that brought about. */
async function settledOrFirst(work: readonly Promise<void>[]): Promise<void> {
  try {
    await Promise.all(work);
  } finally {
    await Promise.allSettled(work);
  }
}

async function openReader({ sourceUrl, slot }: SnapshotRequest): Promise<pg.Client> {
  const client = await connect(sourceUrl, 'source', plainSocket(sourceUrl));
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(slot.snapshot)}`);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** The parts that nobody has taken yet. */
class Work {
  private readonly request: SnapshotRequest;
  private readonly chunks: Chunks;
  private readonly left: Part[];
  private readonly reading = new Set<Part>();
  /** Of any part. */
  private ended = Promise.withResolvers<undefined>();
  private readonly told = new Map<string, { rows: number; bytes: number }>();

  constructor(request: SnapshotRequest, plan: SnapshotPlan, chunks: Chunks) {
    this.request = request;
    this.chunks = chunks;
    this.left = [...plan.parts];
    const withParts = new Set(plan.parts.map(({ table }) => table));
    for (const table of plan.tables) if (!withParts.has(table)) this.tell(table, 0, 0);
  }

  /** One reader's share; ends when nothing is left, or enough is read. */
  async of(reader: pg.Client): Promise<void> {
    for (let part = await this.next(); part !== undefined; part = await this.next()) {
      try {
        await this.read(reader, part);
      } finally {
        this.reading.delete(part);
        this.ended.resolve(undefined);
        this.ended = Promise.withResolvers();
      }
    }
  }

  /** Taken and noted in one breath: another reader asks before this one's caller goes on. */
  private async next(): Promise<Part | undefined> {
    for (;;) {
      const [part] = this.left;
      if (part === undefined || this.request.enough?.() === true) return undefined;
      if (this.request.inOrder !== true || [...this.reading].every(({ table }) => table === part.table)) {
        this.left.shift();
        this.reading.add(part);
        return part;
      }
      await this.ended.promise;
    }
  }

  private async read(reader: pg.Client, part: Part): Promise<void> {
    let [appended, rows]: [Promise<void>, number] = [Promise.resolve(), 0];
    for await (const chunk of copyChunks(reader, part.sql, { textBytes: CHUNK_BYTES, headBytes: HEAD_BYTES })) {
      await appended; // one chunk is written while the next is read
      appended = this.chunks.add(part.table.relation, chunk);
      appended.catch(() => undefined);
      rows += chunk.rows;
      this.tell(part.table, chunk.rows, chunk.bytes.length - HEAD_BYTES);
      await this.request.pace?.(chunk.rows);
    }
    if (rows === 0) this.tell(part.table, 0, 0);
    await appended;
    this.request.record?.done(part, rows);
  }

  private tell({ name, expected }: PlannedTable, rows: number, bytes: number): void {
    const known = this.told.get(name) ?? { rows: 0, bytes: 0 };
    const progress = { rows: known.rows + rows, bytes: known.bytes + bytes };
    this.told.set(name, progress);
    this.request.onProgress({ table: name, ...progress, ...(expected === undefined ? {} : { expected }) });
  }
}

/** Gives chunks their positions and writes them in that order; those that come while others are being written go together. */
class Chunks {
  private readonly request: SnapshotRequest;
  private position: Lsn;
  private queued: ChangeTransaction[] = [];
  private last: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(request: SnapshotRequest) {
    this.request = request;
    this.position = beforeSnapshot(request.slot.consistentPoint);
  }

  add(relation: Relation, chunk: CopyChunk): Promise<void> {
    this.position = (this.position + 1n) as Lsn;
    if (this.position >= this.request.slot.consistentPoint) throw new Error('the snapshot has more chunks than there are positions for');
    return this.append(new PackedTransaction({ commitLsn: this.position, xid: 0, committedAtMs: this.request.nowMs }, packedChunk(relation, chunk)));
  }

  /** Durable when it resolves. */
  append(transaction: ChangeTransaction): Promise<void> {
    this.queued.push(transaction);
    if (this.next !== undefined) return this.next;
    this.last = this.next = this.last.then(() => {
      const batch = this.queued;
      [this.queued, this.next] = [[], undefined];
      return this.request.append(batch);
    });
    return this.last;
  }
}

/** Of a chunk's message: its length, S, relation, rows. */
const HEAD_BYTES = 13;

/** Rows as the server printed them: nobody looks at them before the target does. */
function packedChunk(relation: Relation, { bytes, rows }: CopyChunk): PackedChanges {
  const relations = new Map([[relation.id, relation]]);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  bytes.write('S', 4);
  bytes.writeUInt32BE(relation.id, 5);
  bytes.writeUInt32BE(rows, 9);
  return { bytes, count: rows, snapshotRows: rows, relations, relationsAfter: relations };
}
