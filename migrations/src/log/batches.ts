import type { ChangeTransaction } from '../capture/change-event.ts';

/** Gathers transactions until their events are as many as wanted; never cuts one in two. */
export async function* batches(source: AsyncIterable<ChangeTransaction>, maxEvents: number): AsyncGenerator<readonly ChangeTransaction[]> {
  let batch: ChangeTransaction[] = [];
  let events = 0;
  for await (const transaction of source) {
    if (batch.length > 0 && events + transaction.events.length > maxEvents) {
      yield batch;
      [batch, events] = [[], 0];
    }
    batch.push(transaction);
    events += transaction.events.length + 1;
  }
  if (batch.length > 0) yield batch;
}

/** The same for transactions that are at hand already. */
export function* cut(known: readonly ChangeTransaction[], maxEvents: number): Generator<readonly ChangeTransaction[]> {
  let [start, events] = [0, 0];
  for (const [index, transaction] of known.entries()) {
    if (index > start && events + transaction.events.length > maxEvents) {
      yield known.slice(start, index);
      [start, events] = [index, 0];
    }
    events += transaction.events.length + 1;
  }
  if (start < known.length) yield known.slice(start);
}
