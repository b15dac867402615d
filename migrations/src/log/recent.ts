import type { ChangeTransaction } from '../capture/change-event.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';

/** Beyond this the oldest are forgotten, and a reader that far behind takes them from the files. */
const KEPT_EVENTS = 20_000;

/** The newest transactions, kept in memory: a sink that keeps up never reads a file. Also the bell that tells followers of news. */
export class RecentTransactions {
  private kept: ChangeTransaction[] = [];
  private events = 0;
  /** Everything after this position is in `kept`; undefined while nothing was appended here. */
  private floor: Lsn | undefined;
  private listeners = new Set<() => void>();

  push(batch: readonly ChangeTransaction[]): void {
    this.floor ??= previousOf(batch);
    for (const transaction of batch) {
      this.kept.push(transaction);
      this.events += transaction.events.length + 1;
    }
    let forget = 0;
    for (; this.events > KEPT_EVENTS && forget < this.kept.length; forget += 1) {
      const oldest = this.kept[forget];
      if (oldest === undefined) break;
      this.events -= oldest.events.length + 1;
      this.floor = oldest.commitLsn;
    }
    if (forget > 0) this.kept = this.kept.slice(forget);
    this.ring();
  }

  /** What came after `lsn`, up to `end`; undefined when that far back is no longer known. */
  after(lsn: Lsn, end: Lsn): readonly ChangeTransaction[] | undefined {
    if (this.floor === undefined || lsn < this.floor) return undefined;
    return this.kept.slice(this.countUpTo(lsn), this.countUpTo(end));
  }

  /** How many of the kept ones are not after `lsn`; a binary search. */
  private countUpTo(lsn: Lsn): number {
    let [low, high] = [0, this.kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { commitLsn = LSN_ZERO } = this.kept[middle] ?? {};
      if (commitLsn > lsn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Resolves at the next append, at the close, or when the signal aborts. */
  grown(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.listeners.add(done);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted === true) done();
    });
  }

  close(): void {
    this.ring();
  }

  private ring(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Just before the first appended here: files hold what is older. A reader exactly at the head before the first append may use memory too. */
const previousOf = (batch: readonly ChangeTransaction[]): Lsn | undefined => {
  const [first] = batch;
  return first === undefined ? undefined : (first.commitLsn - 1n) as Lsn;
};
