import type { Kafka } from 'kafkajs';
import { StranglerError } from '@strangler/kernel';
import { UnknownColumn, type ValueHints } from '../capture/envelope-values.ts';
import { parseEnvelope, parseTransactionEnd, readExactly, type Envelope, type MessageHeaders, type RunBegin, type TransactionBegin, type TransactionEnd } from '../capture/envelope.ts';
import { LSN_ZERO, printLsn, type Lsn } from '../capture/lsn.ts';
import { PayloadTexts } from '../capture/payload-text.ts';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { follow, type Fetched, type FetchedRecord, type Position } from './kafka-fetch.ts';
import { partitionId, type Topics } from './kafka-topics.ts';
import { transactionIncomplete } from './kafka-trouble.ts';
import { Regrouper, type Regrouped, type RegroupOptions } from './regroup.ts';

/** What a value's column is, by the source's catalog; `refresh` looks again, for a column that was added since. */
export interface HintSource {
  current(): ValueHints;
  refresh(): Promise<void>;
}

export const fixedHints = (hints: ValueHints): HintSource => ({ current: () => hints, refresh: () => Promise.resolve() });

export interface TransactionsOptions {
  readonly topics: Topics;
  readonly positions: readonly Position[];
  readonly from: RegroupOptions;
  readonly hints: HintSource;
  /** Tables the topics stand for, as `schema.table`: a transaction that has others cannot be put together. */
  readonly tables: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onTrouble?: (error: unknown, retryInMs: number) => void;
  /** Reads from the source itself what Kafka does not prove: committed behind the one and up to the other; undefined where it no longer can. Nobody else does where this is absent. */
  readonly readSource?: (after: Lsn, upTo: Lsn) => Promise<readonly ChangeTransaction[] | undefined>;
  /** Told after each fetch how far the partitions were read. */
  readonly onRead?: (fetched: readonly Fetched[]) => void;
}

/** Events held for transactions that are not whole yet. Beyond it only those partitions are read that the earliest one can still be waiting for. */
const HELD = 50_000;
/** Debezium sends an END after its events, so what is missing is a moment late; never half a minute while nothing else arrives. */
const PATIENCE_MS = 30_000;

/** Our own messages name their transaction exactly; Debezium's only by its xid. */
export const GROUP_HEADER = 'strangler.transaction';
const groupOf = (headers: MessageHeaders | undefined): string | undefined => headers?.[GROUP_HEADER]?.toString();

/**
 * Whole source transactions in commit order, each once, with how far the partitions were read for them; none when nothing has become whole.
 * @throws StranglerError STR_TOPIC_TRUNCATED, STR_TOPIC_MISSING, STR_TRANSACTION_INCOMPLETE, STR_TRANSACTION_CUT, STR_TRANSACTION_TOPIC_PARTITIONED, STR_BAD_ENVELOPE, STR_UNREADABLE_VALUE, STR_NO_TRANSACTIONS, STR_SNAPSHOT_IN_LOG
 */
export async function* readTransactions(kafka: Kafka, options: TransactionsOptions): AsyncGenerator<Regrouped[]> {
  const reading = new Reading(options);
  for await (const fetched of follow(kafka, options.positions, { signal: options.signal, paused: (place) => reading.paused(place), ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }) })) {
    for (const some of fetched) await reading.feed(some);
    options.onRead?.(fetched);
    const whole = await reading.take();
    if (fetched.length === 0) reading.requireProgress();
    yield whole;
  }
}

class Reading {
  private readonly options: TransactionsOptions;
  private readonly regrouper: Regrouper;
  private readonly texts = new PayloadTexts();
  /** The newest position seen of each partition: what lies behind the earliest waiting END is not wanted yet. */
  private readonly seen = new Map<string, Lsn>();
  private readonly transactionPlaces = new Set<string>();
  private progressAt = performance.now();

  constructor(options: TransactionsOptions) {
    this.options = options;
    this.regrouper = new Regrouper({ ...options.from, canRead: options.readSource !== undefined });
  }

  async feed({ topic, partition, records }: Fetched): Promise<void> {
    const place = partitionId({ topic, partition });
    this.progressAt = performance.now();
    if (topic === this.options.topics.transaction) {
      this.transactionPlaces.add(place);
      for (const record of records) this.end(record, place, partition);
      return;
    }
    for (const record of records) {
      const envelope = await this.envelope(record);
      if (envelope.kind !== 'refused' && envelope.position !== undefined) this.seen.set(place, envelope.position.lsn);
      this.regrouper.event(envelope, groupOf(record.headers), { place, next: record.offset + 1n, ...byOf(record) });
    }
  }

  private async envelope(record: FetchedRecord): Promise<Envelope> {
    try {
      return readRecord(record, this.options.hints.current(), this.texts);
    } catch (error) {
      if (!(error instanceof UnknownColumn)) throw error;
      await this.options.hints.refresh();
      return readRecord(record, this.options.hints.current(), this.texts);
    }
  }

  private end(record: FetchedRecord, place: string, partition: number): void {
    const { value, headers, offset } = record;
    const end = value === null ? undefined : readExactly(this.texts.of(value), transactionBound);
    if (end === undefined) return;
    if (partition !== 0) {
      throw new StranglerError({ code: 'STR_TRANSACTION_TOPIC_PARTITIONED', exitCode: 1, message: `${this.options.topics.transaction} has several partitions, so the order of commits is lost.`, remedy: 'Create it with one partition, as the generated connector does, and start the connector with a new prefix.' });
    }
    if ('runBegins' in end) {
      this.regrouper.runBegins();
      return;
    }
    if ('begins' in end) return; // how far was read is not told by it: it may lie behind where the run began
    const unread = end.lsn <= (this.options.from.afterLsn ?? LSN_ZERO) ? [] : (end.tables ?? []).filter((table) => !this.options.tables.has(table));
    if (unread.length > 0) throw transactionIncomplete(String(end.xid), printLsn(end.lsn), 0, end.events, unread);
    this.seen.set(place, end.lsn);
    this.regrouper.end(end, groupOf(headers), { place, next: offset + 1n, ...byOf(record) });
  }

  /** @throws StranglerError STR_TRANSACTION_UNPROVEN, STR_TRANSACTION_CUT where the source cannot be read any more either */
  async take(): Promise<Regrouped[]> {
    const left = this.regrouper.take();
    for (let { wanted } = this.regrouper; wanted !== undefined; { wanted } = this.regrouper) {
      const found = await this.options.readSource?.(wanted.after, wanted.upTo);
      if (found === undefined) throw wanted.otherwise;
      left.push(...this.regrouper.fill(found), ...this.regrouper.take());
    }
    return left;
  }

  /** Only what the earliest END can still be waiting for is read on when too much is held: a partition that has shown a later position has shown all of it. */
  paused(place: string): boolean {
    if (this.regrouper.waitingCount > HELD && this.transactionPlaces.has(place)) return true;
    if (this.regrouper.held <= HELD) return false;
    const earliest = this.regrouper.waiting?.end.lsn;
    if (this.transactionPlaces.has(place)) return earliest !== undefined;
    return earliest !== undefined && (this.seen.get(place) ?? LSN_ZERO) > earliest;
  }

  requireProgress(): void {
    const { waiting } = this.regrouper;
    if (waiting === undefined || performance.now() - this.progressAt < PATIENCE_MS) return;
    throw transactionIncomplete(String(waiting.end.xid), printLsn(waiting.end.lsn), waiting.has, waiting.end.events, []);
  }
}

const byOf = ({ producer }: FetchedRecord): { readonly producer?: string } => producer === undefined ? {} : { producer };

/** A record of a table's topic or of the messages'. */
export function readRecord({ key, value, headers }: FetchedRecord, hints: ValueHints, texts: PayloadTexts): Envelope {
  if (value === null) return parseEnvelope(null);
  // Only a deletion needs its key; our own messages hold texts already.
  const used = groupOf(headers) === undefined ? hints : {};
  return readExactly(texts.of(value), (json) => parseEnvelope(json, key !== null && isDeletion(json) ? readExactly(texts.of(key), (parsed) => parsed) : null, headers, used));
}

function isDeletion(json: unknown): boolean {
  const outer = json as { op?: unknown; payload?: { op?: unknown } } | null | undefined;
  return outer?.op === 'd' || outer?.payload?.op === 'd';
}

/** @throws StranglerError STR_BAD_ENVELOPE */
export function transactionBound(value: unknown): TransactionEnd | TransactionBegin | RunBegin {
  const bound = parseTransactionEnd(value);
  if ('kind' in bound) throw new StranglerError({ code: bound.code, message: bound.message, exitCode: 1, remedy: 'Is another producer writing to the transaction topic? It belongs to the connector alone.' });
  return bound;
}
