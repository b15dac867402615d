import { withConnection } from '../capture/connect.ts';
import { readDebeziumTypes } from '../capture/debezium-types.ts';
import type { ValueHints } from '../capture/envelope-values.ts';
import type { Lsn } from '../capture/lsn.ts';
import type { CapturedTables } from '../capture/table-ref.ts';
import { Handover } from '../log/handover.ts';
import { kafkaClient, withAdmin, type KafkaAccess } from '../log/kafka-client.ts';
import type { Position } from '../log/kafka-fetch.ts';
import { extents, partitionId, type Topics } from '../log/kafka-topics.ts';
import { readTransactions, type HintSource } from '../log/kafka-transactions.ts';
import type { Regrouped } from '../log/regroup.ts';
import type { KafkaOffsets } from '../apply/kafka-offsets.ts';

export interface KafkaSourceOptions {
  readonly access: KafkaAccess;
  readonly sourceUrl: string;
  readonly tables: CapturedTables;
  readonly topics: Topics;
  readonly offsets: KafkaOffsets;
  readonly afterLsn: Lsn;
  readonly signal: AbortSignal;
  /** Everything up to here has been read. */
  readonly onRead: (lsn: Lsn) => void;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

export interface KafkaSource {
  /** Transactions in commit order, some thousand events at once. Ends when aborted; throws what ended the reading. */
  batches(): AsyncGenerator<readonly Regrouped[]>;
  close(): Promise<void>;
}

/** Transactions read and not yet taken; beyond it the reader waits for the target. */
const ON_THE_WAY = 5_000;
const BATCH = { transactions: 2_000, events: 4_000 };

/** Follows the topics from the offsets that the target has kept, ahead of the one who takes. */
export async function openKafkaSource(options: KafkaSourceOptions): Promise<KafkaSource> {
  const { access, topics, offsets, afterLsn, signal, tables, onTrouble, onRead } = options;
  const kafka = kafkaClient(access);
  const end = new AbortController();
  const stopped = AbortSignal.any([signal, end.signal]);
  const handover = new Handover<Regrouped>(ON_THE_WAY);
  stopped.addEventListener('abort', () => { handover.close(); }, { once: true });
  const kept = await withAdmin(kafka, (admin) => extents(admin, topics.all));
  // A partition that was added since has no offset yet: from its first record. Where there is none at all, the checkpoint alone says what is new.
  const positions: Position[] = kept.map(({ topic, partition, low }) => ({ topic, partition, offset: offsets.get(partitionId({ topic, partition })) ?? (offsets.size === 0 ? low : 0n) }));
  const hints = await catalogHints(options);
  const reading = (async () => {
    for await (const whole of readTransactions(kafka, { topics, positions, from: { afterLsn }, hints, tables: new Set(tables.keys()), signal: stopped, onTrouble })) {
      const newest = whole.at(-1);
      if (newest === undefined) continue;
      onRead(newest.transaction.commitLsn);
      handover.push(whole);
      while (handover.isFull) await handover.room(1_000);
    }
  })();
  reading.then(() => { handover.close(); }, (error: unknown) => { handover.fail(error); });
  return {
    batches: async function* batches() {
      for await (const some of handover.take(BATCH.transactions)) yield* portions(some);
    },
    close: async () => {
      end.abort();
      await reading.catch(() => undefined);
    },
  };
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
