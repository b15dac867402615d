export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one request may try again. */
  readonly openMs: number;
}

/**
 * Stops calling a failing service where the monolith can answer instead, so that reads fall back at once rather than after a timeout each.
 * Closed → open after `failures` in a row → half-open after `openMs`: one request tries; its outcome closes or re-opens it.
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  #failures = 0;
  #openedAt: number | undefined;
  #probing = false;

  constructor(limits: BreakerLimits) { this.#limits = limits; }

  /** Whether a request may go to the service now. In the half-open state only the first asker gets a yes. */
  admits(now: number): boolean {
    if (this.#openedAt === undefined) return true;
    if (now - this.#openedAt < this.#limits.openMs || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openedAt = undefined;
    this.#probing = false;
  }

  failed(now: number): void {
    this.#failures += 1;
    if (this.#probing || this.#failures >= this.#limits.failures) this.#openedAt = now;
    this.#probing = false;
  }

  /** The request told nothing about the service (its client left): the next one may try. */
  undecided(): void { this.#probing = false; }

  state(now: number): BreakerState {
    if (this.#openedAt === undefined) return 'closed';
    return now - this.#openedAt < this.#limits.openMs ? 'open' : 'half-open';
  }
}
