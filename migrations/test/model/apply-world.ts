import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StranglerError } from '@strangler/kernel';
import type { ChangeTransaction, Lsn } from '@strangler/migrations';
import type pg from 'pg';
import { Applier, type Fence } from '../../src/apply/applier.ts';
import { startCheckpoint } from '../../src/apply/checkpoint.ts';
import { openApplySession } from '../../src/apply/session.ts';
import { tableMaps } from '../../src/apply/table-map.ts';
import { LSN_ZERO, printLsn } from '../../src/capture/lsn.ts';
import { openEmbeddedLog, type EmbeddedLog } from '../../src/log/embedded-log.ts';
import { HeldLine } from './held-line.ts';
import type { Driver } from './walk.ts';

/** The variables of migrations/model/Apply.tla. */
export interface ApplyState {
  readonly committed: number;
  readonly slot: number;
  readonly sent: number;
  readonly log: readonly number[];
  readonly synced: number;
  readonly lockedBy: string;
  readonly sink: Readonly<Record<string, { readonly up: boolean; readonly epoch: number; readonly lsn: number }>>;
  readonly flying: readonly Flight[];
  readonly target: { readonly lsn: number; readonly epoch: number };
  readonly applied: readonly number[];
  readonly crashes: number;
}

interface Flight {
  readonly by: string;
  readonly epoch: number;
  readonly batch: readonly number[];
}

/** One safeguard left out, as in the model's mutants: the walks must notice. */
export type ApplyMutant = 'no-epoch' | 'checkpoint-apart' | 'confirmed-before-fsync';

/** One life of a sink: its session, over a wire that can be held. */
interface Session {
  readonly line: HeldLine;
  readonly applier: Applier;
  readonly pid: number;
  readonly epoch: number;
  applying?: Promise<'applied' | 'fenced'>;
}

const REPLICATION = 'walk';
const MAPS = tableMaps({ from: 'monolith', to: 'ledger', tables: { entries: { key: ['id'] } } });
/** What is applied twice is twice in the history, and the history has an order. */
export const LEDGER = `CREATE TABLE entries (id int PRIMARY KEY); CREATE TABLE history (n bigserial, id int);
  CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO history (id) VALUES (NEW.id); RETURN NULL; END';
  CREATE TRIGGER note AFTER INSERT OR UPDATE ON entries FOR EACH ROW EXECUTE FUNCTION note(); ALTER TABLE entries ENABLE ALWAYS TRIGGER note`;
/** PostgreSQL ends lock and origin with the session; the model is harder on us, and lets a session go on without them. */
const LOSE_LOCK = 'SELECT pg_advisory_unlock_all(), pg_replication_origin_session_reset()';

const lsnOf = (transaction: number): Lsn => BigInt(transaction * 100) as Lsn;
const transactionOf = (lsn: bigint): number => Number(lsn / 100n);
const transaction = (id: number): ChangeTransaction =>
  ({ commitLsn: lsnOf(id), xid: id, committedAtMs: id, events: [{ op: 'create', schema: 'public', table: 'entries', after: { id: String(id) } }] });
const flightId = ({ by, epoch }: Pick<Flight, 'by' | 'epoch'>): string => `${by} ${String(epoch)}`;

/**
 * Log files, appliers and target are real; the source and its walsender are played: they only count. What a reader has received and not synced is what the code has in
 * memory, or on its way to the disk.
 */
export class ApplyWorld implements Driver<ApplyState> {
  private readonly admin: pg.Client;
  private readonly targetUrl: string;
  private readonly mutant: ApplyMutant | undefined;
  private readonly directory: string;
  private log!: EmbeddedLog;
  private received: number[] = [];
  private slot = 0;
  private tearing = false;
  private readonly sessions = new Map<string, Session>();
  private readonly flights = new Map<string, Session>();

  private constructor(admin: pg.Client, targetUrl: string, directory: string, mutant: ApplyMutant | undefined) {
    this.admin = admin;
    this.targetUrl = targetUrl;
    this.directory = directory;
    this.mutant = mutant;
  }

  static async open(admin: pg.Client, targetUrl: string, mutant?: ApplyMutant): Promise<ApplyWorld> {
    await (await openApplySession(targetUrl, REPLICATION)).end(); // its tables are there from now on
    await startCheckpoint(admin, REPLICATION, 'streaming', undefined, LSN_ZERO);
    await admin.query('TRUNCATE entries, history; UPDATE strangler.checkpoint SET epoch = 0');
    const world = new ApplyWorld(admin, targetUrl, await mkdtemp(join(tmpdir(), 'strangler-walk-')), mutant);
    world.log = await world.openLog();
    return world;
  }

  private readonly actions: Readonly<Record<string, (from: ApplyState, to: ApplyState) => Promise<void> | void>> = {
    SourceCommits: () => undefined,
    Receive: (_, { sent }) => { this.received.push(sent); },
    Sync: async () => { await this.log.append(this.received.map(transaction)); this.received = []; },
    Confirm: () => { this.slot = Math.max(transactionOf(this.log.durable()), ...(this.mutant === 'confirmed-before-fsync' ? this.received : [])); },
    ReaderCrashes: (from, to) => this.readerCrashes(from.log.slice(from.synced), to.log.length - from.synced),
    Open: (from, to) => this.openSink(sinkThat(from, to, (before, after) => !before.up && after.up)),
    Send: (from, to) => this.send(missing(to.flying, from.flying)),
    Commit: (from, to) => this.commit(missing(from.flying, to.flying)),
    Abort: (from, to) => this.abort(missing(from.flying, to.flying)),
    SinkCrashes: (from, to) => this.sinkCrashes(sinkThat(from, to, (before, after) => before.up && !after.up)),
    LosesLock: ({ lockedBy }) => this.sessionOf(lockedBy).line.interject(LOSE_LOCK),
  };

  async step(from: ApplyState, action: string, to: ApplyState): Promise<void> {
    await this.actions[action]?.(from, to);
  }

  private sessionOf(name: string): Session {
    const session = this.sessions.get(name);
    if (session === undefined) throw new Error(`sink ${name} is not up`);
    return session;
  }

  private openLog(): Promise<EmbeddedLog> {
    return openEmbeddedLog(this.directory, { openFile: async (path) => this.torn(await open(path, 'r+').catch(() => open(path, 'wx+'))) });
  }

  /** Gives up in the middle of a write where told to. */
  private torn(file: FileHandle): Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'> {
    const write = async (bytes: Buffer, offset: number, length: number, position: number): Promise<unknown> => {
      if (!this.tearing) return file.write(bytes, offset, length, position);
      await file.write(bytes, offset, Math.ceil(length / 2), position);
      throw new Error('killed in the middle of a write');
    };
    return { write: write as FileHandle['write'], datasync: () => file.datasync(), truncate: (size) => file.truncate(size), close: () => file.close() };
  }

  /** `kept` of what was not synced is on the disk all the same, and of the next one a part. */
  private async readerCrashes(unsynced: readonly number[], kept: number): Promise<void> {
    await this.log.append(unsynced.slice(0, kept).map(transaction));
    this.tearing = true;
    await this.log.append(unsynced.slice(kept).map(transaction)).catch(() => undefined);
    this.tearing = false;
    await this.log.close();
    this.received = [];
    this.log = await this.openLog();
  }

  private async openSink(name: string): Promise<void> {
    const line = await HeldLine.to(this.targetUrl);
    const options = { targetUrl: line.url, replication: REPLICATION, maps: MAPS, mode: 'strict' } as const;
    const opened = await Applier.open(options);
    const { begun, session } = opened;
    const epoch = Number(begun?.epoch);
    const applier = this.mutant === 'no-epoch' || this.mutant === 'checkpoint-apart' ? await Applier.under(mutantFence(this.mutant, begun?.lsn ?? LSN_ZERO), options, session) : opened;
    this.sessions.set(name, { line, applier, epoch, pid: (session as unknown as { processID: number }).processID });
  }

  private async send(flight: Flight): Promise<void> {
    const session = this.sessionOf(flight.by);
    const ready: ChangeTransaction[] = [];
    for await (const batch of this.log.read({ afterLsn: session.applier.checkpoint })) ready.push(...batch);
    session.line.hold();
    session.applying = session.applier.apply(ready.slice(0, flight.batch.length)).then(() => 'applied' as const, (error: unknown) => {
      if (error instanceof StranglerError && error.code === 'STR_SINK_ACTIVE') return 'fenced' as const;
      throw error;
    });
    session.applying.catch(() => undefined); // whoever waits for it looks
    await session.line.holdsCommit();
    this.flights.set(flightId(flight), session);
  }

  private async commit(flight: Flight): Promise<void> {
    const session = this.landed(flight);
    await session.line.deliver();
    if (this.sessions.get(flight.by) !== session) return session.line.close();
    const came = await session.applying;
    if (came === 'fenced') await this.end(flight.by, session);
    else if (this.mutant === 'checkpoint-apart') await this.admin.query('UPDATE strangler.checkpoint SET commit_lsn = $1::pg_lsn', [printLsn(session.applier.checkpoint)]);
  }

  /** Its server is killed: every session loses the lock, and this one its life. */
  private async abort(flight: Flight): Promise<void> {
    const session = this.landed(flight);
    const current = this.sessions.get(flight.by);
    await session.line.close();
    if (current !== undefined && current !== session && this.flights.get(flightId({ by: flight.by, epoch: current.epoch })) === current) await this.orphan(flight.by, current);
    else if (current !== undefined) await this.end(flight.by, current);
    await this.gone(session);
    for (const other of this.sessions.values()) if (other.pid === await this.holder()) await other.line.interject(LOSE_LOCK);
  }

  private landed(flight: Flight): Session {
    const session = this.flights.get(flightId(flight));
    if (session === undefined) throw new Error(`nothing is under way of ${flightId(flight)}`);
    this.flights.delete(flightId(flight));
    return session;
  }

  private async sinkCrashes(name: string): Promise<void> {
    const session = this.sessionOf(name);
    if (this.flights.get(flightId({ by: name, epoch: session.epoch })) === session) await this.orphan(name, session);
    else await this.end(name, session);
  }

  /** Its commit outlives it. */
  private async orphan(name: string, session: Session): Promise<void> {
    if (session.pid === await this.holder()) await session.line.interject(LOSE_LOCK);
    session.line.killSender();
    this.sessions.delete(name);
  }

  private async end(name: string, session: Session): Promise<void> {
    await session.line.close();
    await this.gone(session);
    this.sessions.delete(name);
  }

  private async gone({ pid }: Session): Promise<void> {
    while ((await this.admin.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).rowCount !== 0) await delay(1);
  }

  private async holder(): Promise<number | undefined> {
    const { rows } = await this.admin.query<{ pid: number }>("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    return rows[0]?.pid;
  }

  async observe(): Promise<unknown> {
    const durable: number[] = [];
    for await (const batch of this.log.read('start')) durable.push(...batch.map(({ commitLsn }) => transactionOf(commitLsn)));
    const { rows: [at] } = await this.admin.query<{ lsn: string; epoch: string }>("SELECT commit_lsn - '0/0'::pg_lsn AS lsn, epoch FROM strangler.checkpoint WHERE replication = $1", [REPLICATION]);
    const { rows: applied } = await this.admin.query<{ id: number }>('SELECT id FROM history ORDER BY n');
    const holder = await this.holder();
    const up = [...this.sessions].sort().map(([name, { applier, epoch, pid }]) => ({ name, epoch, lsn: transactionOf(applier.checkpoint), locked: pid === holder }));
    return { durable, slot: this.slot, lsn: Number(at?.lsn) / 100, epoch: Number(at?.epoch), applied: applied.map(({ id }) => id), free: holder === undefined, up };
  }

  /** A killed reader finds on its disk what it never synced, and syncs it as it opens: crash and Sync are one step of the code. */
  expected({ log, synced, slot, target, applied, sink, lockedBy }: ApplyState, action: string): unknown {
    const up = Object.entries(sink).filter(([, { up: alive }]) => alive).sort().map(([name, { epoch, lsn }]) => ({ name, epoch, lsn, locked: lockedBy === name }));
    return { durable: action === 'ReaderCrashes' ? log : log.slice(0, synced), slot, lsn: target.lsn, epoch: target.epoch, applied, free: lockedBy === 'nobody', up };
  }

  async close(): Promise<void> {
    for (const session of new Set([...this.sessions.values(), ...this.flights.values()])) {
      await session.line.close();
      await this.gone(session);
    }
    await this.log.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A checkpoint that anybody may move, or that is not moved with the rows. */
const mutantFence = (mutant: ApplyMutant, at: Lsn): Fence => ({
  at,
  advance: ({ lsn }) => mutant === 'checkpoint-apart' ? { text: 'SELECT 1', values: [] } : { text: 'UPDATE strangler.checkpoint SET commit_lsn = $2::pg_lsn WHERE replication = $1', values: [REPLICATION, printLsn(lsn)] },
});

/** Of `these` the one that `those` has not. */
function missing(these: readonly Flight[], those: readonly Flight[]): Flight {
  const there = new Set(those.map(flightId));
  const found = these.find((flight) => !there.has(flightId(flight)));
  if (found === undefined) throw new Error('no commit has begun or ended');
  return found;
}

function sinkThat({ sink }: ApplyState, to: ApplyState, changed: (before: ApplyState['sink'][string], after: ApplyState['sink'][string]) => boolean): string {
  const found = Object.keys(sink).find((name) => { const [before, after] = [sink[name], to.sink[name]]; return before !== undefined && after !== undefined && changed(before, after); });
  if (found === undefined) throw new Error('no sink has changed');
  return found;
}
