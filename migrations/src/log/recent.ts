import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import type { Weighed } from './batches.ts';

/** Beyond these the oldest are forgotten, and a reader that far behind takes them from the files. Many small ones are the collector's work, a few large ones (a first copy) only memory. */
const KEPT = { bytes: 64_000_000, transactions: 80_000 };

/** The newest transactions, kept in memory: a sink that keeps up never reads a file. Also the bell that tells followers of news. */
export class RecentTransactions {
  private kept: Weighed[] = [];
  /** How many at the front of `kept` are forgotten already: to move the rest at every append would cost more than the changes do. */
  private forgotten = 0;
  private bytes = 0;
  /** Everything after this position is in `kept`; undefined while nothing was appended here. */
  private floor: Lsn | undefined;
  private listeners = new Set<() => void>();

  push(batch: readonly Weighed[]): void {
    this.floor ??= previousOf(batch);
    for (const weighed of batch) {
      this.kept.push(weighed);
      this.bytes += weighed.bytes;
    }
    this.forget();
    this.ring();
  }

  private forget(): void {
    while (this.bytes > KEPT.bytes || this.kept.length - this.forgotten > KEPT.transactions) {
      const oldest = this.kept[this.forgotten];
      if (oldest === undefined) break;
      this.bytes -= oldest.bytes;
      this.floor = oldest.transaction.commitLsn;
      this.forgotten += 1;
    }
    if (2 * this.forgotten <= this.kept.length) return;
    this.kept = this.kept.slice(this.forgotten);
    this.forgotten = 0;
  }

  /** What came after `lsn`, up to `end`; undefined when that far back is no longer known. */
  after(lsn: Lsn, end: Lsn): readonly Weighed[] | undefined {
    if (this.floor === undefined || lsn < this.floor) return undefined;
    return this.kept.slice(this.countUpTo(lsn), this.countUpTo(end));
  }

  /** Where in `kept` those begin that are after `lsn`; a binary search. */
  private countUpTo(lsn: Lsn): number {
    let [low, high] = [this.forgotten, this.kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.kept[middle]?.transaction.commitLsn ?? LSN_ZERO) > lsn) high = middle;
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
const previousOf = (batch: readonly Weighed[]): Lsn | undefined => {
  const [first] = batch;
  return first === undefined ? undefined : (first.transaction.commitLsn - 1n) as Lsn;
};
