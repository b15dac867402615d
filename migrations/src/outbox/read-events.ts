import { setTimeout as delay } from 'node:timers/promises';
import { type Lsn } from '../capture/lsn.ts';
import { openEmbeddedLog } from '../log/embedded-log.ts';
import type { OutboundMessage } from '../log/publisher.ts';
import { outboundMessage } from './message.ts';
import { outboxRows } from './outbox-source.ts';
import { relayLog } from './run-relay.ts';

export interface ReadEventsOptions {
  readonly service: string;
  readonly table: string;
  readonly logDirectory: string;
  /** Where the reader was: it gets whole transactions after this position. */
  readonly afterLsn: Lsn;
  /** Waits for more until the signal aborts. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The events of one transaction of the service. A consumer notes `lsn` with what the events did, and goes on from there. */
export interface EventsOfTransaction {
  readonly lsn: Lsn;
  readonly committedAtMs: number;
  readonly messages: readonly OutboundMessage[];
}

const LOOK_AGAIN_MS = 200;

/** Reads what a relay has taken from the outbox, beside the running relay, in the order of commits. @throws StranglerError STR_LOG_MISSING, STR_LOG_CORRUPT */
export async function* readEvents({ service, table, logDirectory, afterLsn, follow = false, signal }: ReadEventsOptions): AsyncGenerator<EventsOfTransaction> {
  for (let after = afterLsn; signal?.aborted !== true;) {
    const log = await openEmbeddedLog(relayLog(logDirectory, service), { readOnly: true });
    try {
      for await (const batch of log.read({ afterLsn: after }, signal === undefined ? {} : { signal })) {
        for (const transaction of batch) {
          after = transaction.commitLsn;
          const messages = outboxRows(transaction, table).map((row) => outboundMessage(service, row));
          if (messages.length > 0) yield { lsn: after, committedAtMs: transaction.committedAtMs, messages };
        }
      }
    } finally {
      await log.close();
    }
    if (!follow) return;
    await delay(LOOK_AGAIN_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
