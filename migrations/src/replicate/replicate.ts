import { join } from 'node:path';
import { systemClock, type Clock } from '@strangler/kernel';
import type { Checkpoint } from '../apply/checkpoint.ts';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { isBinlogUrl } from '../capture/binlog-url.ts';
import { isPassing } from '../capture/connect.ts';
import { LSN_ZERO, maxLsn, type Lsn } from '../capture/lsn.ts';
import { RewrittenMeanwhile } from '../capture/snapshot-plan.ts';
import { bytesBetween } from '../capture/snapshot-positions.ts';
import { readSnapshot } from '../capture/snapshot.ts';
import type { SlotRoom } from '../capture/slot-room.ts';
import { WalCapture } from '../capture/wal.ts';
import type { EmbeddedLog } from '../log/embedded-log.ts';
import { retentionOptions } from '../log/retention.ts';
import { parkingRules } from './dead-letters.ts';
import { replicateFromBinlog } from './binlog-replication.ts';
import { replicateFromKafka } from './kafka-replication.ts';
import type { ReplicateOptions } from './options.ts';
import type { ReplicationStatus, RunningReplication, Settled } from './running.ts';
import { runSink } from './sink.ts';
import { watchRoom } from './watch-room.ts';
import { begin, type Beginning } from './begin.ts';
import { plainMappings, requireConfigured } from './table-copy/change-tables.ts';
import { copyTables } from './table-copy/copier.ts';
import { copyBounds, copyReaders, tooFarBehind, tooMuchWal, whileThereIs } from './copy-pace.ts';
import { evenly } from './pace.ts';
import { PausedTables } from './paused.ts';
import { recordOf } from './resume.ts';
import { withoutReplaced } from './table-copy/replaced.ts';

/**
 * Copies the mapped tables and follows their changes: WAL → durable log → target, each on its own pace. Resolves when slot and checkpoint exist: from then on
 * nothing the source commits is missed. Continues where an earlier run stopped, however it stopped.
 * @throws FindingsError STR_PREFLIGHT; StranglerError STR_SINK_ACTIVE, STR_SLOT_MISSING, STR_LOG_MISSING and others, each with its remedy
 */
export async function replicate(options: ReplicateOptions): Promise<RunningReplication> {
  if (options.mapping.log === 'kafka' && options.changes !== undefined) requireConfigured(options.name, options.mapping, options.changes);
  if (isBinlogUrl(options.sourceUrl)) return replicateFromBinlog(options);
  if (options.mapping.log === 'kafka') return replicateFromKafka(options);
  const retained = { ...options, log: { ...retentionOptions(options.mapping.retention), ...options.log } };
  return new Running(retained, await begin(retained, logOf(retained)));
}

export const logOf = ({ logDirectory, name }: Pick<ReplicateOptions, 'logDirectory' | 'name'>): string => join(logDirectory, name);

/** The source was lost in the middle of the copy, and with it the snapshot: what is not in the log by then comes another way (`resume.ts`). */
class SnapshotLost extends Error {}

const RETRY_MS = { first: 200, longest: 5_000 };

class Running implements RunningReplication {
  readonly failed: Promise<never>;
  private readonly options: ReplicateOptions;
  private readonly clock: Clock;
  private readonly abort = new AbortController();
  private readonly done: Promise<unknown>;
  private log: EmbeddedLog;
  private capture: WalCapture | undefined;
  private phase: ReplicationStatus['phase'] = 'snapshot';
  private counts: ReturnType<typeof countsOf> = { lsn: LSN_ZERO, events: 0, transactions: 0, rows: 0 };
  private applyingSince: number | undefined;
  private head = LSN_ZERO;
  /** Where the snapshot ends. */
  private snapshotLsn = LSN_ZERO;
  /** As of the last look. */
  private room: SlotRoom | undefined;

  constructor(options: ReplicateOptions, beginning: Beginning) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.log = beginning.log;
    this.adopt(beginning);
    const work = this.live(beginning);
    this.done = work.catch(() => undefined).finally(() => { this.phase = 'stopped'; });
    this.failed = new Promise<never>((_, reject) => { work.catch(reject); });
    this.failed.catch(() => undefined); // a caller who does not look still sees the phase
  }

  private adopt({ log, checkpoint, snapshotLsn }: Beginning): void {
    this.log = log;
    this.head = log.durable();
    this.phase = snapshotLsn === undefined ? 'streaming' : 'snapshot';
    this.snapshotLsn = snapshotLsn ?? LSN_ZERO;
    this.counts = countsOf(checkpoint);
  }

  private async live(first: Beginning): Promise<void> {
    for (let beginning: Beginning | undefined = first; beginning !== undefined;) {
      try {
        await this.run(beginning);
        return;
      } catch (error) {
        if (!(error instanceof SnapshotLost)) throw error;
        beginning = await this.beginAgain(error.cause);
      }
    }
  }

  private async beginAgain(cause: unknown): Promise<Beginning | undefined> {
    let trouble = cause;
    for (let retryMs = RETRY_MS.first; ; retryMs = Math.min(retryMs * 2, RETRY_MS.longest)) {
      this.trouble('source', trouble, retryMs);
      await this.clock.sleep(retryMs, this.abort.signal).catch(() => undefined);
      if (this.abort.signal.aborted) return undefined;
      try {
        const beginning = await begin(this.options, logOf(this.options));
        this.adopt(beginning);
        return beginning;
      } catch (error) {
        if (!isPassing(error)) throw error;
        trouble = error;
      }
    }
  }

  /** Reader and sink, each on its own pace; when one ends in error the other is stopped, and the log is closed after both. */
  private async run(beginning: Beginning): Promise<void> {
    const life = new AbortController();
    const signal = AbortSignal.any([this.abort.signal, life.signal]);
    const copied = this.copy(beginning, signal);
    const parts = [copied.then(() => this.stream(beginning, signal)), copied.then(() => this.copyJoining(beginning, signal)), this.sink(beginning, signal), this.watchRoom(beginning.slot, signal)];
    for (const part of parts) part.catch(() => { life.abort(); });
    const results = await Promise.allSettled(parts);
    await beginning.log.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private watchRoom(slot: string, signal: AbortSignal): Promise<void> {
    const told = new Set<string>();
    return watchRoom({
      sourceUrl: this.options.sourceUrl, slot, clock: this.clock, signal,
      onRoom: (room, findings) => {
        this.room = room;
        for (const finding of findings) {
          const key = `${finding.severity} ${finding.code}`;
          if (!told.has(key)) this.options.onEvent?.({ kind: 'warning', finding });
          told.add(key);
        }
      },
    });
  }

  private walCapture({ slot, tables, log, copies }: Beginning, signal: AbortSignal): WalCapture {
    const append = async (transactions: readonly ChangeTransaction[]): Promise<void> => {
      await copies.append(transactions, (changed) => log.append(changed));
      this.head = maxLsn(this.head, log.durable());
    };
    return new WalCapture({
      sourceUrl: this.options.sourceUrl, slot, tables, clock: this.clock, signal,
      pausing: new PausedTables(copies.state, this.options.mapping, (finding) => { this.options.onEvent?.({ kind: 'warning', finding }); }, this.clock),
      target: { append, advance: async (lsn) => { await copies.state.settled(); await log.advance(lsn); }, durable: () => log.durable() },
      onTrouble: (error, retryInMs) => { this.trouble('source', error, retryInMs); },
    });
  }

  private async stream(beginning: Beginning, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.options.onEvent?.({ kind: 'streaming', from: beginning.log.durable() });
    this.capture = this.walCapture(beginning, signal);
    await this.capture.run();
  }

  /** The first copy, where it is still to be made under the slot's own snapshot. */
  private async copy({ tables, log, snapshot, copies }: Beginning, signal: AbortSignal): Promise<void> {
    if (snapshot === undefined) return;
    const { sourceUrl, mapping, snapshot: asked = {}, onEvent } = this.options;
    const [evened, bounds] = [evenly(asked.maxRowsPerSecond, this.clock, signal), copyBounds(mapping.copy)];
    try {
      await readSnapshot({
        sourceUrl, tables, slot: snapshot.slot, nowMs: this.clock.now(), signal, readers: asked.readers ?? copyReaders(mapping.copy), partBlocks: asked.partBlocks, inOrder: mapping.onRefusal === 'park',
        record: recordOf(copies.state, snapshot.slot.consistentPoint, mapping),
        append: async (transactions) => { await log.append(transactions); this.head = maxLsn(this.head, log.durable()); },
        onProgress: (progress) => onEvent?.({ kind: 'snapshot', ...progress }),
        pace: async (rows) => { await evened(rows); await whileThereIs(() => tooFarBehind(this.behind(), bounds), this.clock, signal); },
        enough: () => this.room !== undefined && tooMuchWal(this.room, bounds) !== undefined,
      });
    } catch (cause) {
      if (signal.aborted) return;
      throw isPassing(cause) || isSnapshotGone(cause) ? new SnapshotLost('the source was lost during the copy', { cause }) : cause;
    } finally {
      await snapshot.session.close(this.clock.now());
    }
  }

  /** Tables that join a stream that runs, and what the first copy left over. */
  private async copyJoining({ tables, copies }: Beginning, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { sourceUrl, targetUrl, mapping } = this.options;
    const bounds = copyBounds(mapping.copy);
    await copyTables({
      pace: evenly(this.options.snapshot?.maxRowsPerSecond, this.clock, signal),
      sourceUrl, targetUrl, tables, copies, mappings: plainMappings(mapping), clock: this.clock, signal, applied: () => this.counts.lsn,
      whyWait: () => tooFarBehind(this.behind(), bounds) ?? (this.room === undefined ? undefined : tooMuchWal(this.room, bounds)),
      onProgress: (progress) => this.options.onEvent?.({ kind: 'copying', ...progress }), onTrouble: (error, retryInMs) => { this.trouble('source', error, retryInMs); },
    });
  }

  private async sink({ applier, maps, log, copies }: Beginning, signal: AbortSignal): Promise<void> {
    const { name, targetUrl, onEvent } = this.options;
    await runSink(applier, {
      targetUrl, replication: name, maps, mode: 'strict', log: withoutReplaced(log, copies.state, this.snapshotLsn), clock: this.clock, signal, rules: parkingRules(this.options.mapping),
      onApplying: (oldestMs) => { this.applyingSince = oldestMs; },
      hasMore: (after) => log.newest() > after,
      onApplied: (applied) => {
        this.count(applied);
        onEvent?.({ kind: 'applied', ...applied });
      },
      onTakenOver: (checkpoint) => { this.counts = countsOf(checkpoint); },
      onTrouble: (error, retryInMs) => { this.trouble('target', error, retryInMs); },
    });
  }

  private count({ lsn, events, transactions, rowsSnapshotted }: Settled): void {
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
    return { phase: this.phase, checkpoint: lsn, captured: this.capture?.received ?? this.log.durable(), lag: this.lag(), eventsApplied: events, transactionsApplied: transactions, rowsSnapshotted: rows };
  }

  private lag(): ReplicationStatus['lag'] {
    if (this.counts.lsn >= this.head) return { bytes: 0, ms: 0 };
    return { bytes: this.behind(), ms: Math.max(0, this.clock.now() - (this.applyingSince ?? this.clock.now())) };
  }

  private behind(): number {
    return bytesBetween(this.counts.lsn, this.head, this.snapshotLsn);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const countsOf = ({ lsn, eventsApplied, transactionsApplied, rowsSnapshotted }: Checkpoint): { lsn: Lsn; events: number; transactions: number; rows: number } =>
  ({ lsn, events: eventsApplied, transactions: transactionsApplied, rows: rowsSnapshotted });

/** The session that exported the snapshot is gone, and the server no longer knows it (invalid_parameter_value, undefined_object). */
const isSnapshotGone = (error: unknown): boolean => error instanceof RewrittenMeanwhile || error instanceof Error && error.message.includes('snapshot') && ['22023', '42704', '55000'].includes((error as { code?: string }).code ?? '');
