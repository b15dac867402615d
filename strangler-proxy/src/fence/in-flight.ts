/** Counts the requests under way per route, and lets the fence wait for none. */
export class InFlight {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  /** Marks a request as under way; call what it returns, once, when its effects are certain. */
  enter(routeId: string): () => void {
    this.#counts.set(routeId, this.count([routeId]) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#counts.set(routeId, this.count([routeId]) - 1);
      for (const check of this.#waiting) check();
    };
  }

  count(routeIds: Iterable<string>): number {
    let sum = 0;
    for (const id of routeIds) sum += this.#counts.get(id) ?? 0;
    return sum;
  }

  /** Resolves true when none of these is under way, false when the signal fires first. */
  async none(routeIds: readonly string[], signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (drained: boolean): void => {
        this.#waiting.delete(check);
        signal.removeEventListener('abort', abandon);
        resolve(drained);
      };
      const check = (): void => { if (this.count(routeIds) === 0) finish(true); };
      const abandon = (): void => { finish(this.count(routeIds) === 0); };
      this.#waiting.add(check);
      signal.addEventListener('abort', abandon);
      if (signal.aborted) abandon();
      else check();
    });
  }
}
