/** Hands values from a producer that pushes to a generator that pulls; the producer waits while too many are on the way. */
export class Handover<T> {
  private readonly items: T[] = [];
  private readonly limit: number;
  private closed = false;
  private error: Error | undefined;
  private wake: () => void = () => undefined;
  private drained: () => void = () => undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  push(items: readonly T[]): void {
    this.items.push(...items);
    this.wake();
  }

  get isFull(): boolean {
    return this.items.length >= this.limit && !this.closed;
  }

  /** Resolves when there is room again, or nobody reads any more, or after `ms`. */
  async room(ms: number): Promise<void> {
    if (!this.isFull) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.drained = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  close(): void {
    this.closed = true;
    this.wake();
    this.drained();
  }

  fail(error: unknown): void {
    this.error ??= error instanceof Error ? error : new Error(String(error));
    this.close();
  }

  /** Resolves after `close`, rejects after `fail`. */
  async closing(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => { this.wake = resolve; });
    if (this.error !== undefined) throw this.error;
  }

  /** What has been pushed, at most `max` at once; ends after `close`, throws after `fail`, in both cases only once all is handed over. */
  async *take(max: number): AsyncGenerator<T[]> {
    for (;;) {
      if (this.items.length > 0) {
        const batch = this.items.splice(0, max);
        this.drained();
        yield batch;
      } else if (this.error !== undefined) {
        throw this.error;
      } else if (this.closed) {
        return;
      } else {
        await new Promise<void>((resolve) => { this.wake = resolve; });
      }
    }
  }
}
