import { ExitCode, StranglerError, type Clock } from '@strangler/kernel';
import type { ChangeTransaction } from './change-event.ts';
import { isPassing, textRows, withConnection } from './connect.ts';
import { LSN_ZERO, maxLsn, type Lsn } from './lsn.ts';
import { Gathering } from './gathering.ts';
import type { Pausing } from './pausing.ts';
import { PgoutputReader } from './pgoutput.ts';
import { ReplicationSession } from './replication-session.ts';
import { requirePublication, watchPublication } from './publication-watch.ts';
import { requireNotRewound, requireSlot, slotState } from './slot.ts';
import type { CapturedTables } from './table-ref.ts';

/** Where captured transactions go. What it has made durable, and nothing else, is acknowledged to the source. */
export interface CaptureTarget {
  append(transactions: readonly ChangeTransaction[]): Promise<void>;
  /** The source has nothing for us up to here. */
  advance(lsn: Lsn): Promise<void>;
  durable(): Lsn;
}

export interface CaptureOptions {
  readonly sourceUrl: string;
  /** Slot and publication share a name. */
  readonly slot: string;
  readonly tables: CapturedTables;
  readonly target: CaptureTarget;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How often a quiet source's progress is made durable and acknowledged, so that it need not keep WAL for us; default 5,000 ms. */
  readonly idleAdvanceMs?: number;
  /** The source was lost, and is asked again after `retryInMs`. */
  readonly onTrouble?: (error: unknown, retryInMs: number) => void;
  /** Where a table may leave the stream by itself. */
  readonly pausing?: Pausing;
}

/** PostgreSQL 16 can leave out what a replication wrote; older servers cannot, and two directions at once are refused there. */
export const ORIGIN_SINCE = 160_000;

/** Beyond this many bytes read but not yet durable the socket waits. A transaction is held whole, so the largest one is the least memory this needs. */
const QUEUE_BYTES = 16_000_000;
const REPORT_EVERY_MS = 1_000;
const REPORT_AT_MOST_EVERY_MS = 20;
const RETRY_MS = { first: 100, longest: 5_000 };

/** Follows the source's WAL into the target until aborted, and across restarts of the server. */
export class WalCapture {
  private readonly options: CaptureOptions;
  private seen: Lsn;

  constructor(options: CaptureOptions) {
    this.options = options;
    this.seen = options.target.durable();
  }

  /** Everything the source wrote up to here has been received. */
  get received(): Lsn {
    return maxLsn(this.seen, this.options.target.durable());
  }

  /** Resolves when aborted. @throws StranglerError STR_SLOT_MISSING, STR_SLOT_LOST, STR_SLOT_ADVANCED, STR_SOURCE_REWOUND, STR_TABLES_CHANGED, STR_NO_KEY, STR_CAPTURE_FAILED, and what the target throws */
  async run(): Promise<void> {
    const { signal, clock } = this.options;
    let retryMs = RETRY_MS.first;
    while (!isAborted(signal)) {
      const before = this.seen;
      try {
        await this.connectAndStream();
      } catch (error) {
        if (isAborted(signal)) return;
        if (await this.pausedAnother(error)) continue;
        if (!isPassing(error)) throw captureFailed(this.options.slot, error);
        if (this.seen > before) retryMs = RETRY_MS.first; // it had come back
        this.options.onTrouble?.(error, retryMs);
        await clock.sleep(retryMs, signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, RETRY_MS.longest);
      }
    }
  }

  /** A change under a name that is none of ours came before anybody had looked whose it is: so they look now, and it may be passed over then. */
  private async pausedAnother(error: unknown): Promise<boolean> {
    const { sourceUrl, slot, tables, pausing } = this.options;
    if (pausing === undefined || !(error instanceof StranglerError) || error.code !== 'STR_TABLES_CHANGED') return false;
    const before = pausing.size;
    await withConnection(sourceUrl, 'source', (client) => requirePublication(client, slot, tables, pausing)).catch(() => undefined);
    return pausing.size > before;
  }

  private async connectAndStream(): Promise<void> {
    const { sourceUrl, slot, tables, target, pausing } = this.options;
    const { version, names } = await withConnection(sourceUrl, 'source', async (client) => {
      requireSlot(slot, await slotState(client, slot), target.durable());
      await requireNotRewound(client, target.durable());
      return { names: await requirePublication(client, slot, tables, pausing), version: Number((await textRows<'v'>(client, "SELECT current_setting('server_version_num') AS v"))[0]?.v ?? '0') };
    });
    const session = await ReplicationSession.open(sourceUrl);
    const pump = new Pump(session, this.options, names, (lsn) => { this.seen = maxLsn(this.seen, lsn); });
    const life = new AbortController();
    try {
      const watch = watchPublication({ sourceUrl, publication: slot, tables, pausing, clock: this.options.clock, signal: AbortSignal.any([this.options.signal, life.signal]) });
      const stream = pump.run({ proto_version: '1', publication_names: `"${slot}"`, messages: 'true', ...(version >= ORIGIN_SINCE ? { origin: 'none' } : {}) });
      for (const part of [watch, stream]) part.catch(() => undefined);
      await Promise.race([stream, watch]);
    } finally {
      life.abort();
      await session.close(this.options.clock.now());
    }
  }
}

/** One connection's life: bytes in, durable transactions out, confirmations back. */
class Pump {
  private readonly session: ReplicationSession;
  private readonly options: CaptureOptions;
  private readonly onReceived: (lsn: Lsn) => void;
  private readonly reader: PgoutputReader;
  private queue: ChangeTransaction[] = [];
  private queuedBytes = 0;
  private openBytes = 0;
  private writing = false;
  private paused = false;
  private resting = false;
  private readonly gathering = new Gathering(performance.now());
  private idleLsn = LSN_ZERO;
  private advancedAt: number;
  private reportedAt = 0;
  private fail: (error: unknown) => void = () => undefined;

  constructor(session: ReplicationSession, options: CaptureOptions, names: ReadonlyMap<number, string>, onReceived: (lsn: Lsn) => void) {
    this.session = session;
    this.options = options;
    this.onReceived = onReceived;
    this.reader = new PgoutputReader(options.tables, options.pausing, names);
    this.advancedAt = options.clock.now();
  }

  async run(parameters: Readonly<Record<string, string>>): Promise<void> {
    const { signal, slot, target, clock } = this.options;
    const failed = new Promise<never>((_, reject) => { this.fail = reject; });
    const stopped = new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true }); });
    const stream = this.session.stream(slot, target.durable(), parameters, {
      onData: (bytes, offset) => { this.guard(() => { this.receive(bytes, offset); }); },
      onKeepalive: (walEnd, reply) => { this.guard(() => { this.keepalive(walEnd, reply); }); },
    });
    const beat = (async () => { for (;;) { await clock.sleep(REPORT_EVERY_MS, signal); await this.tick(); } })();
    try {
      await Promise.race([stream, failed, stopped, beat]);
    } finally {
      stream.catch(() => undefined);
      failed.catch(() => undefined);
      this.fail(new Error('stream over'));
      beat.catch(() => undefined);
      this.over = true;
    }
  }

  private over = false;

  /** After an error nothing more is taken: what follows in the same bytes would complete a transaction that lacks the very change that could not be read. */
  private guard(work: () => void): void {
    if (this.over) return;
    try {
      work();
    } catch (error) {
      this.over = true;
      this.fail(error);
    }
  }

  private receive(bytes: Buffer, offset: number): void {
    this.openBytes += bytes.length;
    if (this.gathering.count(bytes.length)) setImmediate(() => { this.gather(); });
    const transaction = this.reader.read(bytes, offset);
    if (this.reader.inTransaction) return;
    const size = this.openBytes;
    this.openBytes = 0;
    if (transaction === undefined) return;
    this.queue.push(transaction);
    this.queuedBytes += size;
    if (this.queuedBytes > QUEUE_BYTES && !this.paused) {
      this.paused = true;
      this.session.pause();
    }
    if (!this.writing) void this.write();
  }

  /** Called when a read is over that brought many messages. */
  private gather(): void {
    const ms = this.gathering.rest(performance.now());
    if (ms === 0 || this.over) return;
    this.resting = true;
    this.session.pause();
    setTimeout(() => {
      this.resting = false;
      if (!this.paused) this.session.resume();
    }, ms);
  }

  /** While one batch is being synced the next gathers: under load a sync is shared by many transactions. */
  private async write(): Promise<void> {
    this.writing = true;
    try {
      while (this.queue.length > 0 && !this.over) {
        const batch = this.queue;
        [this.queue, this.queuedBytes] = [[], 0];
        await this.options.target.append(batch);
        this.confirm(this.options.target.durable());
        if (this.paused) {
          this.paused = false;
          if (!this.resting) this.session.resume();
        }
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.writing = false;
    }
  }

  private confirm(lsn: Lsn): void {
    this.onReceived(lsn);
    this.session.confirm(lsn);
    if (this.since(this.reportedAt) >= REPORT_AT_MOST_EVERY_MS) this.report();
  }

  /** A wall clock that was set back must not keep us from confirming until it has caught up. */
  private since(ms: number): number {
    return Math.abs(this.options.clock.now() - ms);
  }

  private report(): void {
    this.reportedAt = this.options.clock.now();
    this.session.report(this.reportedAt);
  }

  private keepalive(walEnd: Lsn, replyRequested: boolean): void {
    if (this.isIdle()) {
      this.idleLsn = walEnd;
      this.onReceived(walEnd);
    }
    if (replyRequested) this.report();
  }

  /** All that was sent before is durable: then the server's position is ours, too. */
  private isIdle(): boolean {
    return !this.reader.inTransaction && this.queue.length === 0 && !this.writing;
  }

  private async tick(): Promise<void> {
    const { target, clock, idleAdvanceMs = 5_000 } = this.options;
    if (this.over) throw new Error('stream over');
    if (this.isIdle() && this.idleLsn > target.durable() && this.since(this.advancedAt) >= idleAdvanceMs) {
      this.advancedAt = clock.now();
      await target.advance(this.idleLsn);
      this.session.confirm(target.durable());
    }
    this.report();
  }
}

/** A getter behind a function: the compiler must not believe that it never changes. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

function captureFailed(slot: string, cause: unknown): unknown {
  if (cause instanceof StranglerError) return cause;
  return new StranglerError({
    code: 'STR_CAPTURE_FAILED',
    message: `The source stopped sending changes for ${slot}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: 'Nothing was acknowledged that is not durable here: mend what the message names and start again.',
    exitCode: ExitCode.environment,
    cause,
  });
}
