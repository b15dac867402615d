import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { systemClock, type Clock } from '@strangler/kernel';
import { withConnection } from '../capture/connect.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import { parseTableRef, quoteTable } from '../capture/table-ref.ts';
import { WalCapture } from '../capture/wal.ts';
import { openEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from '../log/embedded-log.ts';
import type { OutboundMessage, Publisher } from '../log/publisher.ts';
import { Deliverer, type OnRefusal } from './deliver.ts';
import { outboundMessage } from './message.ts';
import { beginOutbox, logGone, outboxObject, outboxRows, outboxTables, requireNoSlot, requireOutbox, requireOwnSlot } from './outbox-source.ts';
import { RelayPlace, type Place } from './relay-place.ts';

export interface RelayOptions {
  readonly service: string;
  /** The service's database. */
  readonly url: string;
  readonly table: string;
  /** Said in `strangler.relay` and in messages: kafka, rabbitmq, log. */
  readonly destination: string;
  /** Undefined: events stay in the log, where consumers read them (`readEvents`). */
  readonly publisher?: Publisher;
  /** Below it every relay has a directory of its own. */
  readonly logDirectory: string;
  readonly onRefusal?: OnRefusal;
  /** Delivered rows older than this are deleted from the outbox, and the log forgets them; default: nothing is deleted. */
  readonly keepMs?: number;
  readonly clock?: Clock;
  readonly onEvent?: (event: RelayEvent) => void;
}

export type RelayEvent =
  | { readonly kind: 'following'; readonly delivered: number }
  | { readonly kind: 'delivered'; readonly events: number; readonly lsn: Lsn }
  | { readonly kind: 'parked'; readonly message: OutboundMessage; readonly reason: string | null }
  | { readonly kind: 'trouble'; readonly side: 'database' | 'broker'; readonly message: string; readonly retryInMs?: number };

export interface RunningRelay {
  /** Never resolves; rejects with the error that ended the relay. */
  readonly failed: Promise<never>;
  readonly delivered: () => number;
  stop(): Promise<void>;
}

/** Events handed to the broker at once, about. */
const BATCH = 1_000;
const HOUSEKEEPING_MS = 60_000;
const LOG_KEEPS_MS = 7 * 24 * 3_600_000;

export const relayLog = (logDirectory: string, service: string): string => join(logDirectory, `${service}-outbox`);

/**
 * Relays a service's outbox: WAL → durable log → broker. The slot is acknowledged when the log has been synced, so a broker that is away for days costs disk here and
 * no WAL in the service's database. The place is noted after the broker has confirmed, so every event arrives at least once, in the order of commits.
 * @throws StranglerError STR_RELAY_ACTIVE, STR_OUTBOX_UNUSABLE, STR_SLOT_EXISTS, STR_SLOT_MISSING, STR_RELAY_LOG_GONE
 */
export async function startRelay(options: RelayOptions): Promise<RunningRelay> {
  const abort = new AbortController();
  const say = (side: 'database' | 'broker', error: unknown, retryInMs?: number): void => {
    options.onEvent?.({ kind: 'trouble', side, message: error instanceof Error ? error.message : String(error), ...(retryInMs === undefined ? {} : { retryInMs }) });
  };
  const place = new RelayPlace(options.url, options.service, abort.signal, (error) => { say('database', error); });
  try {
    const { log, at } = await begin(options, place);
    return new Relay(options, place, log, at, abort, say);
  } catch (error) {
    await place.close();
    throw error;
  }
}

async function begin({ service, url, table, destination, logDirectory, keepMs, publisher }: RelayOptions, place: RelayPlace): Promise<{ readonly log: EmbeddedLog; readonly at: Place }> {
  const directory = relayLog(logDirectory, service);
  const known = await place.open();
  const { ordered } = await withConnection(url, 'source', (client) => requireOutbox(client, service, table));
  const goesOn = known?.phase === 'following' ? known : undefined;
  if (known === undefined) await requireNoSlot(url, service);
  if (goesOn === undefined) await rm(directory, { recursive: true, force: true }); // half of a beginning, or of a relay that was removed: the table has it all
  const log = await openEmbeddedLog(directory, retentionOf(publisher, keepMs));
  try {
    if (goesOn === undefined) {
      await place.begin(log.id, destination);
      await beginOutbox(url, service, table, log, ordered);
    } else {
      if (goesOn.logId !== log.id) throw logGone(service, directory);
      await requireOwnSlot(url, service, log);
    }
    await place.follow(destination);
    return { log, at: goesOn ?? { phase: 'following', logId: log.id, lsn: LSN_ZERO, delivered: 0 } };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** What a broker has is kept for a look back; where the log is the destination, nobody knows who still wants to read. */
const retentionOf = (publisher: Publisher | undefined, keepMs: number | undefined): EmbeddedLogOptions =>
  publisher === undefined && keepMs === undefined ? {} : { retention: { maxAgeMs: keepMs ?? LOG_KEEPS_MS } };

class Relay implements RunningRelay {
  readonly failed: Promise<never>;
  private readonly done: Promise<unknown>;
  private readonly abort: AbortController;
  private count: number;
  private deliveredAt: number;

  constructor(options: RelayOptions, place: RelayPlace, log: EmbeddedLog, at: Place, abort: AbortController, say: (side: 'database' | 'broker', error: unknown, retryInMs?: number) => void) {
    this.abort = abort;
    this.count = at.delivered;
    this.deliveredAt = (options.clock ?? systemClock).now();
    const work = this.run(options, place, log, at, say);
    this.done = work.catch(() => undefined);
    this.failed = new Promise<never>((_, reject) => { work.catch(reject); });
    this.failed.catch(() => undefined);
  }

  delivered(): number {
    return this.count;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }

  private async run(options: RelayOptions, place: RelayPlace, log: EmbeddedLog, at: Place, say: (side: 'database' | 'broker', error: unknown, retryInMs?: number) => void): Promise<void> {
    const life = new AbortController();
    const signal = AbortSignal.any([this.abort.signal, life.signal]);
    options.onEvent?.({ kind: 'following', delivered: at.delivered });
    const parts = [this.capture(options, log, signal, say), this.deliver(options, place, log, at, signal, say), this.housekeep(options, log, signal)];
    for (const part of parts) part.catch(() => { life.abort(); });
    const results = await Promise.allSettled(parts);
    await log.close();
    await options.publisher?.close();
    await place.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async capture({ url, service, table, clock = systemClock }: RelayOptions, log: EmbeddedLog, signal: AbortSignal, say: (side: 'database', error: unknown, retryInMs: number) => void): Promise<void> {
    const capture = new WalCapture({
      sourceUrl: url, slot: outboxObject(service), tables: outboxTables(table), clock, signal,
      target: { append: (transactions) => log.append(transactions), advance: (lsn) => log.advance(lsn), durable: () => log.durable() },
      onTrouble: (error, retryInMs) => { say('database', error, retryInMs); },
    });
    await capture.run();
  }

  private async deliver(options: RelayOptions, place: RelayPlace, log: EmbeddedLog, at: Place, signal: AbortSignal, say: (side: 'broker', error: unknown, retryInMs: number) => void): Promise<void> {
    const { service, table, publisher, clock = systemClock, onEvent } = options;
    const deliverer = publisher === undefined ? undefined : new Deliverer({
      service, publisher, place, signal, onRefusal: options.onRefusal ?? 'stop',
      sleep: (ms) => clock.sleep(ms, signal).catch(() => undefined),
      onTrouble: (error, retryInMs) => { say('broker', error, retryInMs); },
      onParked: (message, reason) => { onEvent?.({ kind: 'parked', message, reason }); },
    });
    await deliverer?.retryParked();
    for await (const batch of log.read({ afterLsn: at.lsn }, { follow: true, signal, maxBatch: BATCH })) {
      const messages = batch.flatMap((transaction) => outboxRows(transaction, table)).map((row) => outboundMessage(service, row));
      await deliverer?.deliver(messages);
      const last = batch.at(-1);
      if (signal.aborted || last === undefined) return;
      await place.advance(last.commitLsn, messages.length);
      log.release(last.commitLsn);
      this.count += messages.length;
      this.deliveredAt = clock.now();
      onEvent?.({ kind: 'delivered', events: messages.length, lsn: last.commitLsn });
    }
  }

  /** Deletes what was delivered long ago, a little at a time. The log has every row that the table loses; a relay that is behind deletes nothing. */
  private async housekeep({ url, table, keepMs, clock = systemClock }: RelayOptions, log: EmbeddedLog, signal: AbortSignal): Promise<void> {
    while (keepMs !== undefined && !signal.aborted) {
      const extent = await log.extent();
      const behind = extent.head !== undefined && extent.head.timeMs > this.deliveredAt;
      if (!behind) {
        await withConnection(url, 'source', (client) => client.query(`DELETE FROM ${quoteTable(parseTableRef(table))} WHERE id IN (
          SELECT id FROM ${quoteTable(parseTableRef(table))} WHERE created_at < now() - $1 * interval '1 millisecond' ORDER BY created_at LIMIT 5000)`, [keepMs])).catch(() => undefined);
      }
      await clock.sleep(HOUSEKEEPING_MS, signal).catch(() => undefined);
    }
  }
}
