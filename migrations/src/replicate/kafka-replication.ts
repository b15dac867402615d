import { StranglerError, systemClock, type Clock } from '@strangler/kernel';
import { loadOffsets, saveOffsets } from '../apply/kafka-offsets.ts';
import { isPassing, withConnection } from '../capture/connect.ts';
import { LSN_ZERO, maxLsn, type Lsn } from '../capture/lsn.ts';
import { objectName, requireSlot, slotState } from '../capture/slot.ts';
import { readSnapshot } from '../capture/snapshot.ts';
import { SpareSlot } from '../capture/spare-slot.ts';
import { tableMaps } from '../apply/table-map.ts';
import { capturedTables } from '../capture/table-ref.ts';
import { isKafkaPassing, kafkaClient } from '../log/kafka-client.ts';
import { topicsOf } from '../log/kafka-topics.ts';
import { topicIds } from '../log/topic-ids.ts';
import { parkingRules } from './dead-letters.ts';
import { copyReaders } from './copy-pace.ts';
import { beginFromKafka, requireBrokers, type KafkaBeginning } from './kafka-begin.ts';
import { requireNamesOnKafka } from './kafka-names.ts';
import { applyByKeys, keepCheckpoint, untilStreaming, type KeysOptions } from './kafka-keys.ts';
import { KafkaSource } from './kafka-source.ts';
import { requireSameTopics } from './kafka-topics-kept.ts';
import type { ReplicateOptions } from './options.ts';
import type { ReplicationStatus, RunningReplication, Settled } from './running.ts';
import { runSink } from './sink.ts';

const RETRY_MS = { first: 100, longest: 5_000 };
/** How often the slot is looked at: whoever drops it does not tell us. */
const SLOT_EVERY_MS = 10_000;
/** How often the spare slot follows what is applied: so much WAL is kept besides. */
const SPARE_EVERY_MS = 10_000;
/** Until it is noticed rows go into the wrong copies. */
const NAMES_EVERY_MS = 2_000;
const ANY_LSN = 0xFFFF_FFFF_FFFF_FFFFn as Lsn;

/**
 * Copies the mapped tables and follows their changes through Kafka: Debezium's connector reads the WAL, we put its messages together to whole source transactions and
 * apply them in commit order. The copy goes from database to database, past Kafka: the connector may already be writing what comes after it.
 */
export async function replicateFromKafka(options: ReplicateOptions): Promise<RunningReplication> {
  const beginning = await beginFromKafka(options, options.kafka).catch((error: unknown) => {
    // Partitions may be divided: a further sink takes those that nobody holds.
    if (options.mapping.reading === 'keys' && isSinkActive(error)) return undefined;
    throw error;
  });
  return new RunningFromKafka(options, beginning);
}

class RunningFromKafka implements RunningReplication {
  readonly failed: Promise<never>;
  private readonly options: ReplicateOptions;
  private readonly clock: Clock;
  private readonly abort = new AbortController();
  private readonly done: Promise<unknown>;
  private phase: ReplicationStatus['phase'];
  private counts: { lsn: Lsn; events: number; transactions: number; rows: number };
  private applyingSince: number | undefined;
  private head: Lsn;

  constructor(options: ReplicateOptions, beginning: KafkaBeginning | undefined) {
    const { checkpoint, snapshot } = beginning ?? {};
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.phase = snapshot === undefined ? 'streaming' : 'snapshot';
    this.head = checkpoint?.lsn ?? LSN_ZERO;
    this.counts = checkpoint === undefined ? { lsn: LSN_ZERO, events: 0, transactions: 0, rows: 0 }
      : { lsn: checkpoint.lsn, events: checkpoint.eventsApplied, transactions: checkpoint.transactionsApplied, rows: checkpoint.rowsSnapshotted };
    const work = this.live(beginning);
    this.done = work.catch(() => undefined).finally(() => { this.phase = 'stopped'; });
    this.failed = new Promise<never>((_, reject) => { work.catch(reject); });
    this.failed.catch(() => undefined);
  }

  private async live(first: KafkaBeginning | undefined): Promise<void> {
    const life = new AbortController();
    const signal = AbortSignal.any([this.abort.signal, life.signal]);
    const slot = objectName(this.options.name);
    const parts = this.options.mapping.reading === 'keys' ? [this.keep(first, signal), this.byKeys(signal), this.watchTopics(signal), this.watchNames(signal)] : [this.whole(first, signal), this.watchSlot(slot, signal), this.watchTopics(signal), this.watchNames(signal)];
    for (const part of parts) part.catch(() => { life.abort(); });
    const results = await Promise.allSettled(parts);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async whole(first: KafkaBeginning | undefined, signal: AbortSignal): Promise<void> {
    const beginning = await this.complete(first);
    if (beginning !== undefined) await this.stream(beginning, signal);
  }

  /** The copy, begun anew as often as it is lost; undefined when it is told to stop. */
  private async complete(first: KafkaBeginning | undefined): Promise<KafkaBeginning | undefined> {
    for (let beginning = first ?? await this.beginAgain(); beginning !== undefined; beginning = await this.beginAgain()) {
      if (beginning.snapshot === undefined || await this.copied(beginning, beginning.snapshot)) return beginning;
    }
    return undefined;
  }

  /** One of the sinks makes the copy and moves the checkpoint; when it ends, another takes its place. */
  private async keep(first: KafkaBeginning | undefined, signal: AbortSignal): Promise<void> {
    const beginning = await this.complete(first);
    if (beginning === undefined) return;
    try {
      await keepCheckpoint(this.keys(signal));
    } finally {
      await beginning.applier.close();
    }
  }

  private async byKeys(signal: AbortSignal): Promise<void> {
    const { targetUrl, name } = this.options;
    await untilStreaming(targetUrl, name, signal);
    if (isAborted(signal)) return;
    this.phase = 'streaming';
    this.options.onEvent?.({ kind: 'streaming', from: this.counts.lsn });
    await applyByKeys(this.keys(signal));
  }

  private keys(signal: AbortSignal): KeysOptions {
    const { name, sourceUrl, targetUrl, kafka, mapping, onEvent } = this.options;
    const tables = capturedTables(mapping);
    return {
      access: requireBrokers(kafka), name, sourceUrl, targetUrl, slot: objectName(name), tables, topics: topicsOf(name, tables.keys()), maps: tableMaps(mapping), signal,
      onCheckpoint: (lsn) => { this.counts = { ...this.counts, lsn }; this.head = maxLsn(this.head, lsn); },
      onApplied: (events) => {
        this.counts = { ...this.counts, events: this.counts.events + events };
        onEvent?.({ kind: 'applied', lsn: this.counts.lsn, transactions: 0, events, rowsSnapshotted: 0 });
      },
      onTrouble: (error, retryInMs) => { this.trouble('source', error, retryInMs); },
    };
  }

  /** False when the copy was lost half way: half a copy is no state the source was ever in. */
  private async copied({ tables, applier }: KafkaBeginning, { slot, session }: NonNullable<KafkaBeginning['snapshot']>): Promise<boolean> {
    const { signal } = this.abort;
    try {
      await readSnapshot({
        sourceUrl: this.options.sourceUrl, tables, slot, nowMs: this.clock.now(), signal, readers: this.options.snapshot?.readers ?? copyReaders(this.options.mapping.copy),
        append: async (chunk) => { this.count(await applier.apply(chunk)); },
        onProgress: (progress) => this.options.onEvent?.({ kind: 'snapshot', ...progress }),
      });
      return true;
    } catch (error) {
      await applier.close();
      if (!signal.aborted && !isPassing(error)) throw error;
      if (!signal.aborted) this.trouble('source', error, RETRY_MS.first);
      return false;
    } finally {
      await session.close(this.clock.now());
    }
  }

  private async beginAgain(): Promise<KafkaBeginning | undefined> {
    for (let retryMs = RETRY_MS.first; ; retryMs = Math.min(retryMs * 2, RETRY_MS.longest)) {
      await this.clock.sleep(retryMs, this.abort.signal).catch(() => undefined);
      if (this.abort.signal.aborted) return undefined;
      try {
        return await beginFromKafka(this.options, this.options.kafka);
      } catch (error) {
        if (this.options.mapping.reading === 'keys' && isSinkActive(error)) continue;
        if (!isPassing(error) && !isKafkaPassing(error)) throw error;
        this.trouble('source', error, retryMs);
      }
    }
  }

  private async stream({ applier, maps, tables, topics }: KafkaBeginning, signal: AbortSignal): Promise<void> {
    const { name, targetUrl, sourceUrl, kafka, mapping, onEvent } = this.options;
    this.phase = 'streaming';
    onEvent?.({ kind: 'streaming', from: applier.checkpoint });
    const spare = new SpareSlot({ sourceUrl, replication: name, tables, applied: () => this.counts.lsn });
    const log = new KafkaSource({
      access: requireBrokers(kafka), sourceUrl, tables, topics, spare, offsets: () => withConnection(targetUrl, 'target', (target) => loadOffsets(target, name)),
      onRead: (lsn) => { this.head = maxLsn(this.head, lsn); }, onTrouble: (error, retryInMs) => { this.trouble('source', error, retryInMs); },
    });
    const life = new AbortController();
    const following = this.keepSpare(spare, AbortSignal.any([signal, life.signal]));
    try {
      await runSink(applier, {
        targetUrl, replication: name, maps, mode: 'strict', log, rules: parkingRules(mapping), clock: this.clock, signal, beside: (batch) => [saveOffsets(name, log.readUpTo(batch))],
        onApplying: (oldestMs) => { this.applyingSince = oldestMs; }, onApplied: (applied) => { this.count(applied); }, onTrouble: (error, retryInMs) => { this.trouble('target', error, retryInMs); },
      });
    } finally {
      life.abort();
      await following;
      await spare.close();
    }
  }

  /** What is applied need not be read again. A source that is away is told later. */
  private async keepSpare(spare: SpareSlot, signal: AbortSignal): Promise<void> {
    while (!isAborted(signal)) {
      await this.clock.sleep(SPARE_EVERY_MS, signal).catch(() => undefined);
      if (!isAborted(signal)) await spare.advance().catch((error: unknown) => { this.trouble('source', error, SPARE_EVERY_MS); });
    }
  }

  /** A slot that is dropped ends the stream in silence, and a connector that is started again would make a new one behind the gap. */
  private async watchSlot(slot: string, signal: AbortSignal): Promise<void> {
    while (!isAborted(signal)) {
      try {
        await withConnection(this.options.sourceUrl, 'source', async (source) => { requireSlot(slot, await slotState(source, slot), ANY_LSN); });
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      await this.clock.sleep(SLOT_EVERY_MS, signal).catch(() => undefined);
    }
  }

  /** Tables that exchange their names show in no record. */
  private async watchNames(signal: AbortSignal): Promise<void> {
    while (!isAborted(signal)) {
      await this.clock.sleep(NAMES_EVERY_MS, signal).catch(() => undefined);
      if (isAborted(signal)) return;
      try {
        await withConnection(this.options.sourceUrl, 'source', (source) => requireNamesOnKafka(source, this.options));
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
    }
  }

  /** A topic that is deleted and made anew between two fetches looks like itself. */
  private async watchTopics(signal: AbortSignal): Promise<void> {
    const { targetUrl, name, kafka, mapping } = this.options;
    const { all } = topicsOf(name, capturedTables(mapping).keys());
    while (!isAborted(signal)) {
      await this.clock.sleep(SLOT_EVERY_MS, signal).catch(() => undefined);
      if (isAborted(signal)) return;
      try {
        const ids = await topicIds(kafkaClient(requireBrokers(kafka)), all);
        await withConnection(targetUrl, 'target', (target) => requireSameTopics(target, name, ids));
      } catch (error) {
        if (!isPassing(error) && !isKafkaPassing(error)) throw error;
      }
    }
  }

  private count(applied: Settled | undefined): void {
    if (applied === undefined) return;
    const { counts } = this;
    this.counts = { lsn: applied.lsn, events: counts.events + applied.events, transactions: counts.transactions + applied.transactions, rows: counts.rows + applied.rowsSnapshotted };
    this.options.onEvent?.({ kind: 'applied', ...applied });
  }

  private trouble(side: 'source' | 'target', error: unknown, retryInMs: number): void {
    this.options.onEvent?.({ kind: 'trouble', side, message: error instanceof Error ? error.message : String(error), retryInMs });
  }

  status(): ReplicationStatus {
    const { lsn, events, transactions, rows } = this.counts;
    const lag = lsn >= this.head ? { bytes: 0, ms: 0 } : { bytes: Number(this.head - lsn), ms: Math.max(0, this.clock.now() - (this.applyingSince ?? this.clock.now())) };
    return { phase: this.phase, checkpoint: lsn, captured: maxLsn(this.head, lsn), lag, eventsApplied: events, transactionsApplied: transactions, rowsSnapshotted: rows };
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const isSinkActive = (error: unknown): boolean => error instanceof StranglerError && error.code === 'STR_SINK_ACTIVE';

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
