import type { Clock, Evidence as Thresholds } from '@strangler/kernel';
import { judge, type Evidence } from '../compare/evidence.ts';
import { emptyTally, skipped, tallied, type Comparison, type RouteTally, type SkipReason } from '../compare/tally.ts';
import type { StateStore, Tallies } from './store.ts';

/** The tallies of the candidates as they are now, written down every second: a kill -9 costs at most that second's counting. */
export class Comparisons {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #thresholds: Thresholds;
  #tallies: Map<string, RouteTally>;
  #unsaved = false;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(store: StateStore, clock: Clock, thresholds: Thresholds, tallies: Tallies) {
    this.#store = store;
    this.#clock = clock;
    this.#thresholds = thresholds;
    this.#tallies = new Map(Object.entries(tallies));
  }

  static async open(store: StateStore, clock: Clock, thresholds: Thresholds, everyMs = 1_000): Promise<Comparisons> {
    const comparisons = new Comparisons(store, clock, thresholds, await store.loadTallies());
    comparisons.#timer = setInterval(() => { comparisons.#flushSoon(); }, everyMs).unref();
    return comparisons;
  }

  record(routeId: string, comparison: Comparison): void { this.#set(routeId, tallied(this.tally(routeId), comparison)); }

  skip(routeId: string, reason: SkipReason): void { this.#set(routeId, skipped(this.tally(routeId), reason)); }

  tally(routeId: string): RouteTally { return this.#tallies.get(routeId) ?? emptyTally(this.#now()); }

  evidence(routeId: string): Evidence { return judge(this.tally(routeId), this.#thresholds); }

  /** Starts counting afresh, for a candidate that was replaced. Durable when it resolves. */
  async reset(routeIds: readonly string[]): Promise<void> {
    for (const id of routeIds) this.#set(id, emptyTally(this.#now()));
    await this.flush();
  }

  async flush(): Promise<void> {
    this.#saving = this.#saving.catch(() => undefined).then(async () => {
      this.#unsaved = false;
      await this.#store.saveTallies(Object.fromEntries(this.#tallies));
    });
    return this.#saving;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush().catch(() => undefined);
  }

  #set(routeId: string, tally: RouteTally): void {
    this.#tallies.set(routeId, tally);
    this.#unsaved = true;
  }

  /** A full disk must not end the proxy: what could not be written is written next time. */
  #flushSoon(): void {
    if (this.#unsaved) this.flush().catch(() => { this.#unsaved = true; });
  }

  #now(): string { return new Date(this.#clock.now()).toISOString(); }
}
