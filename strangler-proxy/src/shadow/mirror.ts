import type { Clock } from '@strangler/kernel';
import { difference } from '../compare/difference.ts';
import type { Answered, Observation } from '../compare/observation.ts';
import type { Rules } from '../compare/rules.ts';
import type { Comparison, SkipReason } from '../compare/tally.ts';
import type { Asker, Repeatable } from './ask.ts';
import { Capture } from './capture.ts';

/** Where comparisons are counted. */
export interface Ledger {
  record(routeId: string, comparison: Comparison): void;
  skip(routeId: string, reason: SkipReason): void;
}

export interface MirrorLimits {
  /** Exchanges captured or mirrored at one time; one more is skipped, not queued. */
  readonly concurrency: number;
  /** Request and answer together. */
  readonly maxBodyBytes: number;
  /** How long replication is given before a disagreement is looked at once more. */
  readonly settleMs: number;
}

export interface MirrorOrder {
  readonly routeId: string;
  /** Whether the answer that was served is the control's (shadow) or the candidate's (canary). */
  readonly served: 'control' | 'candidate';
  /** Who is asked now. */
  readonly other: URL;
  /** Where both can be asked once more, to tell noise and lag from a disagreement; absent for writes, which are never repeated. */
  readonly again?: { readonly control: URL; readonly candidate: URL };
}

/** One exchange being copied. Exactly one of `compare` and `abandon` ends it. */
export interface Mirroring {
  readonly capture: Capture;
  compare(request: Omit<Repeatable, 'body'>, served: { readonly complete: boolean; readonly firstByteMs: number }): void;
  /** The decided side gave no answer of its own: there is nothing to compare with. */
  abandon(): void;
}

/**
 * Asks the other side the same once the answer is on its way, and counts how the two compare. It answers nobody: what goes wrong here is a
 * count, never a slower or failed request.
 */
export class Mirror {
  readonly #asker: Asker;
  readonly #rules: Rules;
  readonly #ledger: Ledger;
  readonly #limits: MirrorLimits;
  readonly #clock: Clock;
  #active = 0;
  #stopped = false;
  readonly #running = new Set<Promise<void>>();

  constructor(asker: Asker, rules: Rules, ledger: Ledger, limits: MirrorLimits, clock: Clock) {
    this.#asker = asker;
    this.#rules = rules;
    this.#ledger = ledger;
    this.#limits = limits;
    this.#clock = clock;
  }

  get active(): number { return this.#active; }

  /** Begins to copy an exchange, or counts why not. */
  begin(order: MirrorOrder, headers: Readonly<Record<string, string | string[] | undefined>>): Mirroring | undefined {
    const obstacle = CONDITIONAL.some((name) => headers[name] !== undefined) ? 'conditional' : this.#active >= this.#limits.concurrency ? 'busy' : undefined;
    if (obstacle !== undefined) {
      this.#ledger.skip(order.routeId, obstacle);
      return undefined;
    }
    this.#active += 1;
    let ended = false;
    const end = (): void => {
      if (!ended) this.#active -= 1;
      ended = true;
    };
    // An event stream can be open for days: once it is clear that it will not be compared it takes nobody's place.
    const capture = new Capture(this.#limits.maxBodyBytes, end);
    return {
      capture,
      abandon: end,
      compare: (request, { complete, firstByteMs }) => {
        const running = this.#compare(order, request, capture.result(complete, firstByteMs)).catch(() => { this.#ledger.skip(order.routeId, 'incomplete'); })
          .finally(() => { end(); this.#running.delete(running); });
        this.#running.add(running);
      },
    };
  }

  /** Ends what is under way; it is not counted any more, because a question that we broke off ourselves says nothing about a side. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#asker.close();
    await Promise.allSettled(this.#running);
  }

  async #compare(order: MirrorOrder, request: Omit<Repeatable, 'body'>, captured: ReturnType<Capture['result']>): Promise<void> {
    const outcome = typeof captured === 'string' ? captured : await this.#judge(order, { ...request, body: captured.body.length === 0 ? undefined : captured.body }, captured.observation);
    if (this.#stopped) return;
    if (typeof outcome === 'string') this.#ledger.skip(order.routeId, outcome);
    else this.#ledger.record(order.routeId, outcome);
  }

  async #judge(order: MirrorOrder, repeat: Repeatable, served: Answered): Promise<Comparison | SkipReason> {
    const asked = await this.#asker.ask(order.other, repeat);
    const other = asked === 'too large' && served.body.length < this.#limits.maxBodyBytes / 2 ? OVERSIZED : asked;
    if (other === 'too large') return other;
    const [control, candidate] = order.served === 'control' ? [served, other] as const : [other, served] as const;
    if (control.kind === 'unanswered') return 'control unavailable';
    const differences = difference(control, candidate, this.#rules);
    const latencyMs = { control: control.latencyMs, candidate: latencyOf(candidate) };
    if (differences.length === 0 || order.again === undefined) return { differences, noise: NONE, settled: NONE, latencyMs };
    const noise = await this.#noise(order.again.control, repeat, control);
    const remaining = new Set(differences.map(({ pattern }) => pattern)).difference(noise);
    const settled = remaining.difference(await this.#lasting(order.again, repeat, remaining));
    return { differences, noise, settled, latencyMs };
  }

  /**
   * Where the control differs from itself, asked again at once: a clock, a random id, a row that was changed in between. Paired with the very
   * request it excuses, rather than a rate over all of them as Diffy has it, so that a field that is sometimes noisy is not always excused.
   */
  async #noise(control: URL, repeat: Repeatable, first: Answered): Promise<ReadonlySet<string>> {
    const again = await this.#asker.ask(control, repeat);
    if (again === 'too large' || again.kind === 'unanswered') return new Set();
    return new Set(difference(first, again, this.#rules).map(({ pattern }) => pattern));
  }

  /**
   * Which of these patterns still differ once replication has had the time to catch up. While a table is followed, the candidate is a few milliseconds
   * behind: a row written between the two answers looks like a disagreement and is none; on a busy table it can happen again, so both are asked a few
   * times. Counted apart, because a candidate that is wrong now and then looks alike.
   */
  async #lasting({ control, candidate }: NonNullable<MirrorOrder['again']>, repeat: Repeatable, patterns: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    let lasting = patterns;
    for (let attempt = 0; attempt < SETTLE_ATTEMPTS && lasting.size > 0; attempt += 1) {
      await this.#clock.sleep(this.#limits.settleMs);
      const [one, other] = await Promise.all([this.#asker.ask(control, repeat), this.#asker.ask(candidate, repeat)]);
      if (one === 'too large' || other === 'too large' || one.kind === 'unanswered') return lasting;
      lasting = lasting.intersection(new Set(difference(one, other, this.#rules).map(({ pattern }) => pattern)));
    }
    return lasting;
  }
}

const SETTLE_ATTEMPTS = 3;

/** More than twice what the other side said, and never read to its end: that differs, whatever it is. */
const OVERSIZED: Observation = { kind: 'unanswered', reason: 'beyond what is compared' };

const NONE: ReadonlySet<string> = new Set();

const latencyOf = (observation: Observation): number | undefined => observation.kind === 'answered' ? observation.latencyMs : undefined;

/** Answers to these depend on what the client already has: two right answers may differ. */
const CONDITIONAL = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range', 'range'];
