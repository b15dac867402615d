import type { ChangeTransaction } from '../capture/change-event.ts';
import { eventCount, packedOf } from '../capture/packed-transaction.ts';

/** A transaction and what it weighs, so that large rows make small batches. */
export interface Weighed {
  readonly transaction: ChangeTransaction;
  /** In the log. */
  readonly bytes: number;
}

/** A batch becomes one target transaction; beyond this its size costs more than its commit. */
const BATCH_BYTES = 8_000_000;

/** Rows of a packed chunk of a snapshot are written without being looked at: only its bytes count. */
const weightedEvents = (transaction: ChangeTransaction): number => ((packedOf(transaction)?.snapshotRows ?? 0) > 0 ? 0 : eventCount(transaction));

/** Gathers transactions until their events or bytes are as many as wanted; never cuts one in two. */
export async function* batches(source: AsyncIterable<Weighed> | Iterable<Weighed>, maxEvents: number): AsyncGenerator<readonly ChangeTransaction[]> {
  let batch: ChangeTransaction[] = [];
  let [events, weight] = [0, 0];
  for await (const { transaction, bytes } of source) {
    if (batch.length > 0 && (events + weightedEvents(transaction) > maxEvents || weight + bytes > BATCH_BYTES)) {
      yield batch;
      [batch, events, weight] = [[], 0, 0];
    }
    batch.push(transaction);
    events += weightedEvents(transaction) + 1;
    weight += bytes;
  }
  if (batch.length > 0) yield batch;
}
