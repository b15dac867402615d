import type { Side } from './decide/decide.ts';

/** What has been served since the start, per route; `''` is what no route matches. */
export interface RouteCounts {
  readonly monolith: number;
  readonly service: number;
  /** Answered by us with an error, because no upstream answered. */
  readonly failed: number;
  /** Answered by the monolith in the service's place. */
  readonly fellBack: number;
  /** The client left before the answer. */
  readonly clientGone: number;
}

const NONE: RouteCounts = { monolith: 0, service: 0, failed: 0, fellBack: 0, clientGone: 0 };

interface Durations { count: number; sumMs: number }

export class Counters {
  readonly #routes = new Map<string, { -readonly [K in keyof RouteCounts]: number }>();
  readonly #answers = new Map<string, number>();
  readonly #durations = new Map<string, Durations>();

  route(id: string): RouteCounts { return this.#routes.get(id) ?? NONE; }

  count(id: string, what: keyof RouteCounts): void {
    const counts = this.#routes.get(id) ?? { ...NONE };
    counts[what] += 1;
    this.#routes.set(id, counts);
  }

  answered(id: string, side: Side, status: number, firstByteMs: number): void {
    this.count(id, side);
    const label = `${id}\0${side}\0${String(Math.floor(status / 100))}xx`;
    this.#answers.set(label, (this.#answers.get(label) ?? 0) + 1);
    const durations = this.#durations.get(`${id}\0${side}`) ?? { count: 0, sumMs: 0 };
    durations.count += 1;
    durations.sumMs += firstByteMs;
    this.#durations.set(`${id}\0${side}`, durations);
  }

  get routes(): ReadonlyMap<string, RouteCounts> { return this.#routes; }
  /** By `route \0 side \0 class`. */
  get answers(): ReadonlyMap<string, number> { return this.#answers; }
  /** By `route \0 side`. */
  get durations(): ReadonlyMap<string, Readonly<Durations>> { return this.#durations; }

  totals(): RouteCounts {
    const sum = { ...NONE };
    for (const counts of this.#routes.values()) for (const key of Object.keys(NONE) as (keyof RouteCounts)[]) sum[key] += counts[key];
    return sum;
  }
}
