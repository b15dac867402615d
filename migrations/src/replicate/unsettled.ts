import type { Applied } from '../apply/applier.ts';
import type { Settled } from './running.ts';

/** How long a commit may go without the target's disk, milliseconds: what waits for it is told so much later. Nobody waits for a part of a first copy. */
const AT_MOST_MS = { changes: 20, copied: 250 };

/** What the target has committed and its server may still lose. It is told to nobody: the log keeps it until a later commit has been durable. */
export class Unsettled {
  private readonly now: () => number;
  private sum: Settled | undefined;
  private untilMs = Infinity;

  /** @param now milliseconds of a clock that nobody sets back */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  get isEmpty(): boolean {
    return this.sum === undefined;
  }

  /** Whether one more may join them. */
  get mayGrow(): boolean {
    return this.now() < this.untilMs;
  }

  /** @returns everything not told so far, once it is durable: a durable commit makes all before it durable */
  add({ durable, ...applied }: Applied): Settled | undefined {
    if (this.sum === undefined) this.untilMs = this.now() + (applied.rowsSnapshotted > 0 ? AT_MOST_MS.copied : AT_MOST_MS.changes);
    this.sum = this.sum === undefined ? applied : together(this.sum, applied);
    return durable ? this.settled() : undefined;
  }

  /** All of it has become durable. */
  settled(): Settled | undefined {
    const { sum } = this;
    [this.sum, this.untilMs] = [undefined, Infinity];
    return sum;
  }
}

const together = (before: Settled, after: Settled): Settled => ({
  ...after, transactions: before.transactions + after.transactions, events: before.events + after.events, rowsSnapshotted: before.rowsSnapshotted + after.rowsSnapshotted,
});
