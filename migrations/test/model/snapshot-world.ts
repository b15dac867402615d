import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeTransaction, Lsn } from '@strangler/migrations';
import pg from 'pg';
import { Applier } from '../../src/apply/applier.ts';
import { startCheckpoint } from '../../src/apply/checkpoint.ts';
import { openApplySession } from '../../src/apply/session.ts';
import { tableMaps } from '../../src/apply/table-map.ts';
import { withConnection } from '../../src/capture/connect.ts';
import { LSN_ZERO } from '../../src/capture/lsn.ts';
import { ChunkReader, writersOf, type RowChunk } from '../../src/capture/row-chunk.ts';
import { capturedTables, type CapturedTable, type CapturedTables } from '../../src/capture/table-ref.ts';
import { TableCopies, type Piece } from '../../src/replicate/table-copy/copies.ts';
import { CopyState } from '../../src/replicate/table-copy/state.ts';
import type { Driver } from './walk.ts';

/** The variables of migrations/model/Snapshot.tla, as far as chunks use them. */
export interface SnapshotState {
  readonly wal: readonly { readonly key: number; readonly value: number }[];
  readonly visible: readonly number[];
  readonly phase: 'none' | 'copying' | 'streaming';
  readonly start: number;
  readonly done: readonly number[];
  readonly read: { readonly key: number; readonly seen: readonly number[] };
  readonly at: number;
  readonly rows: readonly number[];
  readonly crashes: number;
}

/** One safeguard left out, as in the model's mutants: the walks must notice. */
export type SnapshotMutant = 'newer-changes-not-looked-for' | 'chunk-while-older-ones-run';

const REPLICATION = 'walk';
const TABLE = 'public.items';
const MAPPING = { from: 'monolith', to: 'catalog', tables: { items: { key: ['k'] } } } as const;
export const TABLES: CapturedTables = capturedTables(MAPPING);
export const ITEMS = 'CREATE TABLE items (k int PRIMARY KEY, v int NOT NULL)';
/** Claims to show every transaction there is. */
const ALL_SEEN = { xmin: 0xFFFF_FFFFn, xmax: 0xFFFF_FFFFn, inProgress: new Set<bigint>() };

/** What all walks share: both databases, and what the source's WAL has sent of each change. */
export interface Surroundings {
  readonly source: pg.Client;
  readonly target: pg.Client;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** Grows as the stream brings them. */
  readonly captured: readonly ChangeTransaction[];
}

/**
 * Source, WAL, chunk reader, copies and applier are real; when each change is handed on is played. A commit that waits for a standby which is not there is in the WAL, and
 * streamed, and no new snapshot shows it until the wait is cancelled: that is how a change is in the model's `wal` and not in `visible`.
 */
export class SnapshotWorld implements Driver<SnapshotState> {
  private static keys = 0;
  private readonly around: Surroundings;
  private readonly mutant: SnapshotMutant | undefined;
  private readonly directory: string;
  private readonly applier: Applier;
  /** Each walk has keys of its own, so that nothing is left of the one before. */
  private readonly base = (SnapshotWorld.keys += 100);
  private readonly begunAt: number;
  private readonly writers: { readonly client: pg.Client; readonly pid: number; readonly done: Promise<unknown> }[] = [];
  private copies: TableCopies | undefined;
  private before: ReadonlyMap<string, string> = new Map();
  private chunk: { readonly key: string; readonly chunk: RowChunk } | undefined;
  private at = LSN_ZERO;

  private constructor(around: Surroundings, directory: string, applier: Applier, mutant: SnapshotMutant | undefined) {
    this.around = around;
    this.directory = directory;
    this.applier = applier;
    this.mutant = mutant;
    this.begunAt = around.captured.length;
  }

  static async open(around: Surroundings, mutant?: SnapshotMutant): Promise<SnapshotWorld> {
    const session = await openApplySession(around.targetUrl, REPLICATION);
    await startCheckpoint(session, REPLICATION, 'streaming', undefined, LSN_ZERO);
    const applier = await Applier.open({ targetUrl: around.targetUrl, replication: REPLICATION, maps: tableMaps(MAPPING), mode: 'strict' }, session);
    return new SnapshotWorld(around, await mkdtemp(join(tmpdir(), 'strangler-walk-')), applier, mutant);
  }

  private readonly actions: Readonly<Record<string, (from: SnapshotState, to: SnapshotState) => Promise<void> | void>> = {
    SourceWrites: (_, { wal }) => this.write(wal.length, wal.at(-1)),
    BecomesVisible: (from, to) => this.becomesVisible(to.visible.find((index) => !from.visible.includes(index)) ?? 0),
    Begin: () => this.begin(),
    ReadChunk: (_, { read }) => this.readChunk(read.key),
    ApplyChunk: (_, { phase }) => this.applyChunk(phase),
    StreamMeanwhile: (_, { at }) => this.handOn(this.changeOf(at)),
    Crash: () => { this.copies = undefined; this.chunk = undefined; },
  };

  async step(from: SnapshotState, action: string, to: SnapshotState): Promise<void> {
    await this.actions[action]?.(from, to);
  }

  private get table(): CapturedTable {
    const table = TABLES.get(TABLE);
    if (table === undefined) throw new Error('nobody captures it');
    return table;
  }

  private keyOf(key: number): number {
    return this.base + key;
  }

  private changeOf(index: number): ChangeTransaction {
    const change = this.around.captured[this.begunAt + index - 1];
    if (change === undefined) throw new Error(`change ${String(index)} has not been streamed`);
    return change;
  }

  private async write(index: number, change: SnapshotState['wal'][number] | undefined): Promise<void> {
    const client = new pg.Client({ connectionString: this.around.sourceUrl });
    await client.connect();
    await client.query('SET synchronous_commit = on');
    const { rows: [row] } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const { key = 0, value = 0 } = change ?? {};
    const done = value === 0 ? client.query('DELETE FROM items WHERE k = $1', [this.keyOf(key)]) : client.query('INSERT INTO items VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v', [this.keyOf(key), value]);
    done.catch(() => undefined); // whoever waits for it looks
    this.writers.push({ client, pid: row?.pid ?? 0, done });
    while (this.around.captured.length < this.begunAt + index) await delay(1);
  }

  private async becomesVisible(index: number): Promise<void> {
    const writer = this.writers[index - 1];
    if (writer === undefined) throw new Error(`nobody wrote change ${String(index)}`);
    await this.around.source.query('SELECT pg_cancel_backend($1)', [writer.pid]);
    await writer.done;
  }

  /** As `--again` begins: nothing is known of an earlier attempt, and its rows may lie there. */
  private async begin(): Promise<void> {
    const state = await CopyState.load(this.directory);
    state.begin(TABLE, '0/0');
    this.copies = new TableCopies(state, TABLES, new Map([[TABLE, {}]]));
    this.before = this.mutant === 'chunk-while-older-ones-run' ? new Map() : await writersOf(this.around.source, this.table);
  }

  private async olderOnesRun(): Promise<boolean> {
    const now = await writersOf(this.around.source, this.table);
    return [...this.before.keys()].some((transaction) => now.has(transaction));
  }

  private async readChunk(key: number): Promise<void> {
    const wanted = String(this.keyOf(key));
    const { rows, visibility } = await withConnection(this.around.sourceUrl, 'source', async (client) => (await ChunkReader.open(client, this.table)).of([[wanted]]));
    this.chunk = { key: wanted, chunk: { rows, visibility: this.mutant === 'newer-changes-not-looked-for' ? ALL_SEEN : visibility } };
  }

  /** The chunk takes the place of its mark in the log. */
  private async applyChunk(phase: SnapshotState['phase']): Promise<void> {
    if (this.chunk === undefined) throw new Error('nothing was read');
    const { key, chunk } = this.chunk;
    this.chunk = undefined;
    await this.mark({ table: TABLE, chunk, absent: chunk.rows.length === 0 ? [[key]] : [], keys: [], locked: false });
    this.copies?.prune(TABLE, chunk);
    if (phase === 'streaming') await this.mark({ finish: TABLE });
  }

  private async mark(piece: Piece | { readonly finish: string }): Promise<void> {
    const marker = this.copies?.expect(piece, () => undefined) ?? '';
    await this.handOn({ commitLsn: (this.at + 1n) as Lsn, xid: 0, committedAtMs: 0, events: [], marker });
  }

  private async handOn(transaction: ChangeTransaction): Promise<void> {
    this.at = transaction.commitLsn;
    const { xid, committedAtMs, commitLsn, events, marker } = transaction;
    const plain = { xid, committedAtMs, commitLsn, events, ...(marker === undefined ? {} : { marker }) }; // as a sink reads it where tables are copied
    await this.copies?.append([plain], async (changed) => { await this.applier.apply(changed); });
  }

  async observe({ done, phase }: SnapshotState): Promise<unknown> {
    const { rows } = await this.around.target.query<{ k: number; v: number }>('SELECT k, v FROM items WHERE k > $1 AND k < $1 + 100', [this.base]);
    const values = done.map((key) => rows.find(({ k }) => k === this.keyOf(key))?.v ?? 0);
    return { copied: values, waits: phase === 'copying' && await this.olderOnesRun() };
  }

  expected({ done, rows, phase, start, visible }: SnapshotState): unknown {
    return { copied: done.map((key) => rows[key - 1]), waits: phase === 'copying' && !Array.from({ length: start }, (_, index) => index + 1).every((index) => visible.includes(index)) };
  }

  async close(): Promise<void> {
    for (const { client, pid, done } of this.writers) {
      await this.around.source.query('SELECT pg_cancel_backend($1)', [pid]);
      await done.catch(() => undefined);
      await client.end();
    }
    await this.applier.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
