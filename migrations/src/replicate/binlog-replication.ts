import { ExitCode, FindingsError, systemClock, type Clock, type Finding } from '@strangler/kernel';
import type pg from 'pg';
import { loadCheckpoint, startCheckpoint } from '../apply/checkpoint.ts';
import { ensureOffsetsTable, loadOffsets, startOffsets } from '../apply/kafka-offsets.ts';
import { openApplySession } from '../apply/session.ts';
import { tableMaps } from '../apply/table-map.ts';
import { databaseOf, inDatabase, withBinlogSource } from '../capture/binlog-source.ts';
import { binlogUnsupported } from '../capture/binlog-url.ts';
import { isPassing } from '../capture/connect.ts';
import { KeptSession } from '../capture/kept-session.ts';
import { LSN_ZERO } from '../capture/lsn.ts';
import { capturedTables } from '../capture/table-ref.ts';
import { isKafkaPassing, kafkaClient, kafkaUnreachable, withAdmin } from '../log/kafka-client.ts';
import { ensureTopics, extents, partitionId, topicsOf, type Topics } from '../log/kafka-topics.ts';
import { topicIds } from '../log/topic-ids.ts';
import { requireSameTopics } from './kafka-topics-kept.ts';
import { requireReady, wrongLog } from './begin.ts';
import { binlogLife, binlogReader } from './binlog-reader.ts';
import { checkFiles } from './binlog-preflight.ts';
import { requireBrokers } from './kafka-begin.ts';
import { applyPartitions } from './kafka-keys.ts';
import type { ReplicateOptions } from './options.ts';
import type { ReplicationStatus, RunningReplication } from './running.ts';

/** How often the count is kept, and how often the source's files are looked at. */
const KEEP_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 10_000;

/**
 * Follows a MariaDB (or MySQL) source by key: Debezium's connector takes the snapshot and reads the binlog, and every partition is applied under its own fence. Several
 * processes may divide the partitions. There is no position up to which the target is the source: no drain, no cut-over, one way only.
 * @throws FindingsError STR_PREFLIGHT; StranglerError STR_BINLOG_UNSUPPORTED, STR_NO_BROKERS, STR_KAFKA_UNREACHABLE, STR_LOG_MISSING
 */
export async function replicateFromBinlog(options: ReplicateOptions): Promise<RunningReplication> {
  const { name, mapping, sourceUrl } = options;
  if (mapping.log !== 'kafka' || mapping.reading !== 'keys') throw binlogUnsupported(`The source of '${name}' is MariaDB or MySQL, which is read through Debezium and Kafka, by key.`, "Write log: 'kafka', reading: 'keys' in the config.");
  if (options.startFrom === 'now') throw binlogUnsupported(`'${name}' cannot start from now: the connector on MariaDB takes the first copy itself.`, 'Begin with an empty target.');
  await requireReady(options);
  const topics = topicsOf(name, capturedTables(inDatabase(mapping, databaseOf(sourceUrl))).keys());
  const checkpoint = await begin(options, topics);
  return new RunningFromBinlog(options, topics, checkpoint);
}

/** Makes topics and checkpoint, or finds them; where it begins, each partition is read from its first record: the snapshot lies in Kafka. */
async function begin({ name, targetUrl, kafka }: ReplicateOptions, topics: Topics): Promise<number> {
  const access = requireBrokers(kafka);
  const { logId, ids } = await withAdmin(kafkaClient(access), async (admin) => {
    await ensureTopics(admin, topics);
    return { logId: `kafka:${(await admin.describeCluster()).clusterId}`, ids: await topicIds(kafkaClient(access), topics.all) };
  }).catch((cause: unknown) => { throw isKafkaPassing(cause) ? kafkaUnreachable(access.brokers, cause) : cause; });
  // The lock is held only while it begins: two that begin at once would begin twice.
  const session = await openApplySession(targetUrl, name);
  try {
    await ensureOffsetsTable(session);
    const before = await loadCheckpoint(session, name);
    if (before?.phase === 'streaming') {
      if (before.logId?.split(' ')[0] !== logId) throw wrongLog(name);
      await requireSameTopics(session, name, ids);
      return before.eventsApplied;
    }
    await session.query('BEGIN');
    await startOffsets(session, name, new Map());
    await startCheckpoint(session, name, 'streaming', logId, LSN_ZERO);
    await requireSameTopics(session, name, ids);
    await session.query('COMMIT');
    return 0;
  } finally {
    await session.end().catch(() => undefined);
  }
}

class RunningFromBinlog implements RunningReplication {
  readonly failed: Promise<never>;
  private readonly options: ReplicateOptions;
  private readonly topics: Topics;
  private readonly clock: Clock;
  private readonly abort = new AbortController();
  private readonly done: Promise<unknown>;
  private phase: ReplicationStatus['phase'] = 'streaming';
  private events: number;
  private behindSince: number | undefined;

  constructor(options: ReplicateOptions, topics: Topics, events: number) {
    this.options = options;
    this.topics = topics;
    this.events = events;
    this.clock = options.clock ?? systemClock;
    const work = this.live();
    this.done = work.catch(() => undefined).finally(() => { this.phase = 'stopped'; });
    this.failed = new Promise<never>((_, reject) => { work.catch(reject); });
    this.failed.catch(() => undefined);
  }

  private async live(): Promise<void> {
    const life = new AbortController();
    const signal = AbortSignal.any([this.abort.signal, life.signal]);
    const target = new KeptSession(this.options.targetUrl, 'target');
    const parts = [this.apply(target, signal), this.every(KEEP_EVERY_MS, signal, () => this.keep(target)), this.every(LOOK_EVERY_MS, signal, () => this.look())];
    for (const part of parts) part.catch(() => { life.abort(); });
    const results = await Promise.allSettled(parts);
    await target.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async apply(target: KeptSession, signal: AbortSignal): Promise<void> {
    const { name, mapping, sourceUrl, targetUrl, kafka, onEvent } = this.options;
    onEvent?.({ kind: 'streaming', from: LSN_ZERO });
    await applyPartitions({
      access: requireBrokers(kafka), name, targetUrl, topics: this.topics, maps: tableMaps(inDatabase(mapping, databaseOf(sourceUrl))), signal,
      onApplied: (events) => {
        this.events += events;
        onEvent?.({ kind: 'applied', lsn: LSN_ZERO, transactions: 0, events, rowsSnapshotted: 0 });
      },
      onTrouble: (error, retryInMs) => { this.trouble('source', error, retryInMs); },
    }, binlogReader(binlogLife(target, name)));
  }

  private async every(ms: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    for (const aborted = (): boolean => signal.aborted; !aborted();) {
      try {
        await act();
      } catch (error) {
        if (!isPassing(error) && !isKafkaPassing(error)) throw error;
        this.trouble('target', error, ms);
      }
      await this.clock.sleep(ms, signal).catch(() => undefined);
    }
  }

  /** Counts for `strangler status`, and since when something in Kafka is not applied. */
  private async keep(target: KeptSession): Promise<void> {
    const { name, kafka } = this.options;
    const ends = await withAdmin(kafkaClient(requireBrokers(kafka)), (admin) => extents(admin, this.topics.data));
    await target.use(async (client: pg.Client) => {
      const offsets = await loadOffsets(client, name);
      const behind = ends.some((extent) => (offsets.get(partitionId(extent)) ?? 0n) < extent.high);
      this.behindSince = behind ? this.behindSince ?? this.clock.now() : undefined;
      await client.query('UPDATE strangler.checkpoint SET events_applied = (SELECT coalesce(sum(events_applied), 0) FROM strangler.kafka_offset o WHERE o.replication = $1), updated_at = now() WHERE replication = $1', [name]);
    });
  }

  private async look(): Promise<void> {
    const findings: Finding[] = [];
    await withBinlogSource(this.options.sourceUrl, (source) => checkFiles(source, (severity, code, where, message, remedy) => { findings.push({ severity, code, where, message, remedy }); }));
    const [first] = findings;
    if (first !== undefined) throw new FindingsError({ code: 'STR_BINLOG_TOO_LONG', message: first.message, remedy: first.remedy ?? '', exitCode: ExitCode.environment }, findings);
  }

  private trouble(side: 'source' | 'target', error: unknown, retryInMs: number): void {
    this.options.onEvent?.({ kind: 'trouble', side, message: error instanceof Error ? error.message : String(error), retryInMs });
  }

  /** The lag is that of Kafka, as of the last second: what the connector has still to read is its own to tell (`strangler connect status`). */
  status(): ReplicationStatus {
    const ms = this.behindSince === undefined ? 0 : Math.max(0, this.clock.now() - this.behindSince);
    return { phase: this.phase, checkpoint: LSN_ZERO, captured: LSN_ZERO, lag: { bytes: 0, ms }, eventsApplied: this.events, transactionsApplied: 0, rowsSnapshotted: 0 };
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
