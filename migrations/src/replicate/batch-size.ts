import type { ChangeTransaction } from '../capture/change-event.ts';
import { eventCount } from '../capture/packed-transaction.ts';

/** The first loss may be a restart; a second of the same batch is the batch's own doing, or comes too often for its size. */
const LOST_IN_A_ROW = 2;
/** So many parts must go well before larger ones are tried. */
const GOOD_IN_A_ROW = 8;

/**
 * How large a batch may be where the target is lost again and again in the middle of one: a target that is killed faster than a batch takes would else never get on.
 * Halved at each loss from the second on, down to single transactions; doubled again when things go well.
 */
export class BatchSize {
  private limit = Infinity;
  private lost = 0;
  private good = 0;

  /** The batch in parts that are small enough. No transaction is cut in two. */
  * partsOf(batch: readonly ChangeTransaction[]): Generator<readonly ChangeTransaction[]> {
    for (let from = 0; from < batch.length;) {
      const to = this.end(batch, from);
      yield from === 0 && to === batch.length ? batch : batch.slice(from, to);
      from = to;
    }
  }

  private end(batch: readonly ChangeTransaction[], from: number): number {
    let to = from;
    for (let room = this.limit; to < batch.length; to += 1) {
      room -= weight(batch[to]);
      if (room < 0 && to > from) break;
    }
    return to;
  }

  wasApplied(): void {
    this.lost = 0;
    if (this.limit === Infinity) return;
    this.good += 1;
    if (this.good < GOOD_IN_A_ROW) return;
    this.good = 0;
    this.limit = this.limit * 2 > LARGE ? Infinity : this.limit * 2;
  }

  wasLost(part: readonly ChangeTransaction[]): void {
    this.lost += 1;
    this.good = 0;
    if (this.lost < LOST_IN_A_ROW) return;
    this.limit = Math.max(1, Math.floor(Math.min(this.limit, part.reduce((sum, transaction) => sum + weight(transaction), 0)) / 2));
  }
}

/** No log gives larger batches than this many events, so a limit above it is none. */
const LARGE = 10_000;

const weight = (transaction: ChangeTransaction | undefined): number => transaction === undefined ? 0 : Math.max(1, eventCount(transaction));
