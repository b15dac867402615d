import { join } from 'node:path';
import { systemClock, type Clock, type ReplicationConfig } from '@strangler/kernel';
import type { Applied } from '../apply/applier.ts';
import { LSN_ZERO, maxLsn, type Lsn } from '../capture/lsn.ts';
import { readSnapshot, type SnapshotProgress } from '../capture/snapshot.ts';
import { WalCapture } from '../capture/wal.ts';
import type { EmbeddedLog, EmbeddedLogOptions } from '../log/embedded-log.ts';
import { runSink } from './sink.ts';
import { begin, type Beginning } from './begin.ts';

export interface ReplicateOptions {
  /** The replication's name in the config; slot, publication, origin and checkpoint are named after it. */
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** Below it every replication has a directory of its own. */
  readonly logDirectory: string;
  /** What to do where no checkpoint exists: copy the rows first (default), or follow from this moment on because both sides are already equal. */
  readonly startFrom?: 'snapshot' | 'now';
  readonly clock?: Clock;
  readonly log?: Pick<EmbeddedLogOptions, 'segmentBytes' | 'retention' | 'openFile'>;
  readonly onEvent?: (event: ReplicationEvent) => void;
}

export type ReplicationEvent =
  | ({ readonly kind: 'snapshot' } & SnapshotProgress)
  | { readonly kind: 'streaming'; readonly from: Lsn }
  | ({ readonly kind: 'applied' } & Applied)
  /** A side was lost and is asked again; nothing is lost meanwhile. */
  | { readonly kind: 'trouble'; readonly side: 'source' | 'target'; readonly message: string; readonly retryInMs: number };

export interface ReplicationStatus {
  readonly phase: 'snapshot' | 'streaming' | 'stopped';
  /** The target is the source as of here. */
  readonly checkpoint: Lsn;
  /** Received from the source and durable, or known to be nothing of ours. */
  readonly captured: Lsn;
  readonly lag: {
    /** WAL between what was captured and what is applied; 0 when all is applied. */
    readonly bytes: number;
    /** Age of the oldest change not yet applied; 0 when all is applied. */
    readonly ms: number;
  };
  readonly eventsApplied: number;
  readonly transactionsApplied: number;
  readonly rowsSnapshotted: number;
}

export interface RunningReplication {
  status(): ReplicationStatus;
  /** Never resolves; rejects with the error that ended the replication. After `stop()` it stays pending. */
  readonly failed: Promise<never>;
  /** Lets the batch in hand finish, then closes everything. What is in the log and not applied is applied at the next start. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Copies the mapped tables and follows their changes: WAL → durable log → target, each on its own pace. Resolves when slot and checkpoint exist: from then on
 * nothing the source commits is missed. Continues where an earlier run stopped, however it stopped.
 * @throws FindingsError STR_PREFLIGHT; StranglerError STR_SINK_ACTIVE, STR_SLOT_MISSING, STR_LOG_MISSING and others, each with its remedy
 */
export async function replicate(options: ReplicateOptions): Promise<RunningReplication> {
  const beginning = await begin(options, logOf(options));
  return new Running(options, beginning);
}

export const logOf = ({ logDirectory, name }: Pick<ReplicateOptions, 'logDirectory' | 'name'>): string => join(logDirectory, name);

class Running implements RunningReplication {
  readonly failed: Promise<never>;
  private readonly options: ReplicateOptions;
  private readonly clock: Clock;
  private readonly log: EmbeddedLog;
  private readonly capture: WalCapture;
  private readonly abort = new AbortController();
  private readonly done: Promise<unknown>;
  private phase: ReplicationStatus['phase'];
  private counts: { lsn: Lsn; events: number; transactions: number; rows: number };
  private applyingSince: number | undefined;
  private head: Lsn;
  /** Where the snapshot ends. */
  private readonly snapshotLsn: Lsn;

  constructor(options: ReplicateOptions, beginning: Beginning) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.log = beginning.log;
    this.head = beginning.log.durable();
    this.phase = beginning.snapshotLsn === undefined ? 'streaming' : 'snapshot';
    this.snapshotLsn = beginning.snapshotLsn ?? LSN_ZERO;
    const { checkpoint } = beginning;
    this.counts = { lsn: checkpoint.lsn, events: checkpoint.eventsApplied, transactions: checkpoint.transactionsApplied, rows: checkpoint.rowsSnapshotted };
    this.capture = this.walCapture(beginning);
    const work = Promise.all([this.read(beginning), this.sink(beginning)]);
    this.done = work.catch(() => undefined).finally(() => this.end());
    this.failed = new Promise<never>((_, reject) => { work.catch(reject); });
    this.failed.catch(() => undefined); // a caller who does not look still sees the phase
    work.catch(() => { this.abort.abort(); });
  }

  private walCapture({ slot, tables }: Beginning): WalCapture {
    const note = async <T>(work: Promise<T>): Promise<T> => { const result = await work; this.head = maxLsn(this.head, this.log.durable()); return result; };
    return new WalCapture({
      sourceUrl: this.options.sourceUrl, slot, tables, clock: this.clock, signal: this.abort.signal,
      target: { append: (transactions) => note(this.log.append(transactions)), advance: (lsn) => this.log.advance(lsn), durable: () => this.log.durable() },
      onTrouble: (error, retryInMs) => { this.trouble('source', error, retryInMs); },
    });
  }

  private async read({ snapshot, tables }: Beginning): Promise<void> {
    if (snapshot !== undefined) {
      try {
        await readSnapshot({
          sourceUrl: this.options.sourceUrl, tables, slot: snapshot.slot, nowMs: this.clock.now(), signal: this.abort.signal,
          append: (transactions) => this.log.append(transactions),
          onProgress: (progress) => this.options.onEvent?.({ kind: 'snapshot', ...progress }),
        });
      } catch (error) {
        if (this.abort.signal.aborted) return;
        throw error;
      } finally {
        await snapshot.session.close();
      }
    }
    this.options.onEvent?.({ kind: 'streaming', from: this.log.durable() });
    await this.capture.run();
  }

  private async sink({ applier, maps }: Beginning): Promise<void> {
    const { name, targetUrl, onEvent } = this.options;
    await runSink(applier, {
      targetUrl, replication: name, maps, mode: 'strict', log: this.log, clock: this.clock, signal: this.abort.signal,
      onApplying: (oldestMs) => { this.applyingSince = oldestMs; },
      onApplied: (applied) => {
        this.count(applied);
        onEvent?.({ kind: 'applied', ...applied });
      },
      onTrouble: (error, retryInMs) => { this.trouble('target', error, retryInMs); },
    });
  }

  private count({ lsn, events, transactions, rowsSnapshotted }: Applied): void {
    const { counts } = this;
    this.counts = { lsn, events: counts.events + events, transactions: counts.transactions + transactions, rows: counts.rows + rowsSnapshotted };
    this.log.release(lsn);
    if (this.phase === 'snapshot' && lsn >= this.snapshotLsn) this.phase = 'streaming';
  }

  private trouble(side: 'source' | 'target', error: unknown, retryInMs: number): void {
    this.options.onEvent?.({ kind: 'trouble', side, message: error instanceof Error ? error.message : String(error), retryInMs });
  }

  status(): ReplicationStatus {
    const { lsn, events, transactions, rows } = this.counts;
    return { phase: this.phase, checkpoint: lsn, captured: this.capture.received, lag: this.lag(), eventsApplied: events, transactionsApplied: transactions, rowsSnapshotted: rows };
  }

  private lag(): ReplicationStatus['lag'] {
    if (this.counts.lsn >= this.head) return { bytes: 0, ms: 0 };
    return { bytes: Number(this.head - this.counts.lsn), ms: Math.max(0, this.clock.now() - (this.applyingSince ?? this.clock.now())) };
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }

  private async end(): Promise<void> {
    this.phase = 'stopped';
    await this.log.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
