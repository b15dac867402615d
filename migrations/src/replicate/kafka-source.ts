import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { isPassing, withConnection } from '../capture/connect.ts';
import { readDebeziumTypes } from '../capture/debezium-types.ts';
import type { ValueHints } from '../capture/envelope-values.ts';
import type { Lsn } from '../capture/lsn.ts';
import type { SpareSlot } from '../capture/spare-slot.ts';
import type { CapturedTables } from '../capture/table-ref.ts';
import { Handover } from '../log/handover.ts';
import type { ChangeLog, LogPosition } from '../log/change-log.ts';
import { isKafkaPassing, kafkaClient, withAdmin, type KafkaAccess, type KafkaClient } from '../log/kafka-client.ts';
import type { Position } from '../log/kafka-fetch.ts';
import { extents, partitionId, type Topics } from '../log/kafka-topics.ts';
import { readTransactions, type HintSource } from '../log/kafka-transactions.ts';
import type { Regrouped, RegroupOptions } from '../log/regroup.ts';
import type { KafkaOffsets } from '../apply/kafka-offsets.ts';

export interface KafkaSourceOptions {
  readonly access: KafkaAccess;
  readonly sourceUrl: string;
  readonly tables: CapturedTables;
  readonly topics: Topics;
  /** Reads the source's WAL, where what lies in Kafka does not prove to be all of it. */
  readonly spare: Pick<SpareSlot, 'read'>;
  /** How far the target has read each partition. */
  readonly offsets: () => Promise<KafkaOffsets>;
  /** Everything up to here has been read. */
  readonly onRead: (lsn: Lsn) => void;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

/** Transactions read and not yet taken; beyond it the reader waits for the target. */
const ON_THE_WAY = 5_000;
const BATCH = { transactions: 2_000, events: 4_000 };
const RETRY_MS = 500;

/** Follows the topics from the offsets that the target has kept, ahead of the one who takes. */
export class KafkaSource implements Pick<ChangeLog, 'read'> {
  private readonly options: KafkaSourceOptions;
  private readonly places = new WeakMap<ChangeTransaction, ReadonlyMap<string, bigint>>();

  constructor(options: KafkaSourceOptions) {
    this.options = options;
  }

  /** The furthest each partition was read for these transactions; they are in commit order, but Connect may have repeated itself in between. */
  readUpTo(transactions: readonly ChangeTransaction[]): KafkaOffsets {
    const furthest = new Map<string, bigint>();
    for (const transaction of transactions) for (const [place, next] of this.places.get(transaction) ?? []) if (next > (furthest.get(place) ?? 0n)) furthest.set(place, next);
    return furthest;
  }

  /** Transactions after a position in commit order, some thousand events at once, until aborted. @throws what ended the reading */
  async *read(from: LogPosition, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<readonly ChangeTransaction[]> {
    const end = new AbortController();
    const stopped = AbortSignal.any([end.signal, ...(signal === undefined ? [] : [signal])]);
    const handover = new Handover<Regrouped>(ON_THE_WAY);
    stopped.addEventListener('abort', () => { handover.close(); }, { once: true });
    const reading = this.ahead(typeof from === 'string' ? {} : from, handover, stopped);
    reading.then(() => { handover.close(); }, (error: unknown) => { handover.fail(error); });
    try {
      for await (const some of handover.take(BATCH.transactions)) {
        for (const portion of portions(some)) yield portion.map(({ transaction }) => transaction);
      }
    } finally {
      end.abort();
      await reading.catch(() => undefined);
    }
  }

  private async ahead(from: RegroupOptions, handover: Handover<Regrouped>, signal: AbortSignal): Promise<void> {
    const { access, topics, tables, onTrouble, onRead, spare } = this.options;
    const kafka = kafkaClient(access);
    const positions = await this.patiently(signal, () => this.positions(kafka), undefined);
    if (positions === undefined) return;
    const hints = await catalogHints(this.options);
    const readSource = (after: Lsn, upTo: Lsn): Promise<ChangeTransaction[] | undefined> => this.patiently(signal, () => spare.read(after, upTo), []);
    for await (const whole of readTransactions(kafka, { topics, positions, from, hints, tables: new Set(tables.keys()), signal, onTrouble, readSource })) {
      if (signal.aborted) return;
      for (const { transaction, read } of whole) this.places.set(transaction, read);
      const newest = whole.at(-1);
      if (newest === undefined) continue;
      onRead(newest.transaction.commitLsn);
      handover.push(whole);
      while (handover.isFull) await handover.room(1_000);
    }
  }

  /** A partition that was added since has no offset yet: from its first record. Where there is none at all, the checkpoint alone says what is new. */
  private async positions(kafka: KafkaClient): Promise<Position[]> {
    const offsets = await this.options.offsets();
    const kept = await withAdmin(kafka, (admin) => extents(admin, this.options.topics.all));
    return kept.map(({ topic, partition, low }) => ({ topic, partition, offset: offsets.get(partitionId({ topic, partition })) ?? (offsets.size === 0 ? low : 0n) }));
  }

  /** @param stopped what is answered when it is told to stop before it has come to an end */
  private async patiently<T>(signal: AbortSignal, act: () => Promise<T>, stopped: T | undefined): Promise<T | undefined> {
    for (const aborted = (): boolean => signal.aborted; !aborted();) {
      try {
        return await act();
      } catch (error) {
        if (!isKafkaPassing(error) && !isPassing(error)) throw error;
        this.options.onTrouble(error, RETRY_MS);
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return stopped;
  }
}

function* portions(transactions: readonly Regrouped[]): Generator<readonly Regrouped[]> {
  let portion: Regrouped[] = [];
  let events = 0;
  for (const one of transactions) {
    if (portion.length > 0 && events + one.transaction.events.length > BATCH.events) {
      yield portion;
      [portion, events] = [[], 0];
    }
    portion.push(one);
    events += one.transaction.events.length;
  }
  if (portion.length > 0) yield portion;
}

/** How values are to be read, by the source's catalog; looked up again when a column turns up that was not there. */
export async function catalogHints({ sourceUrl, tables }: Pick<KafkaSourceOptions, 'sourceUrl' | 'tables'>): Promise<HintSource> {
  const look = async (): Promise<ValueHints> => ({ decoders: (await withConnection(sourceUrl, 'source', (source) => readDebeziumTypes(source, tables))).decoders });
  let hints = await look();
  return { current: () => hints, refresh: async () => { hints = await look(); } };
}
