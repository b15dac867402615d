import type { ChangeLog, ChangeTransaction, LogExtent, LogPosition, Lsn } from '@strangler/migrations';

/** A change log that forgets everything at the end of the process; for tests of what stands on one. */
export class MemoryLog implements ChangeLog {
  private readonly kept: ChangeTransaction[] = [];
  private bells = new Set<() => void>();

  append(transactions: readonly ChangeTransaction[]): Promise<void> {
    for (const transaction of transactions) if (transaction.commitLsn > (this.kept.at(-1)?.commitLsn ?? 0n)) this.kept.push(transaction);
    for (const ring of [...this.bells]) ring();
    return Promise.resolve();
  }

  async* read(from: LogPosition, { follow = false, signal, maxBatch = 2_000 }: { readonly follow?: boolean; readonly signal?: AbortSignal; readonly maxBatch?: number } = {}): AsyncGenerator<readonly ChangeTransaction[]> {
    let index = this.indexOf(from);
    const aborted = (): boolean => signal?.aborted === true;
    let end = this.kept.length;
    while (!aborted()) {
      if (index < end) {
        const batch = this.kept.slice(index, Math.min(end, index + maxBatch));
        index += batch.length;
        yield batch;
      } else if (follow) {
        await this.news(signal);
      } else {
        return;
      }
      if (follow) end = this.kept.length;
    }
  }

  private indexOf(from: LogPosition): number {
    if (from === 'start') return 0;
    const found = this.kept.findIndex((transaction) => ('afterLsn' in from ? transaction.commitLsn > from.afterLsn : transaction.committedAtMs >= from.fromTimeMs));
    return found < 0 ? this.kept.length : found;
  }

  private news(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => { this.bells.delete(done); signal?.removeEventListener('abort', done); resolve(); };
      this.bells.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  extent(): Promise<LogExtent> {
    const at = ({ commitLsn, committedAtMs }: ChangeTransaction): { lsn: Lsn; timeMs: number } => ({ lsn: commitLsn, timeMs: committedAtMs });
    const [tail, head] = [this.kept[0], this.kept.at(-1)];
    return Promise.resolve(tail === undefined || head === undefined ? { complete: true } : { tail: at(tail), head: at(head), complete: true });
  }

  close(): Promise<void> {
    for (const ring of [...this.bells]) ring();
    return Promise.resolve();
  }
}
