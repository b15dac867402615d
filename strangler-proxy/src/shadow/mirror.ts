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
}

export interface MirrorOrder {
  readonly routeId: string;
  /** Whether the answer that was served is the control's (shadow) or the candidate's (canary). */
  readonly served: 'control' | 'candidate';
  /** Who is asked now. */
  readonly other: URL;
  /** Where the control can be asked a second time, to tell noise; absent for writes, which are never repeated. */
  readonly control?: URL;
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
  #active = 0;
  #stopped = false;
  readonly #running = new Set<Promise<void>>();

  constructor(asker: Asker, rules: Rules, ledger: Ledger, limits: MirrorLimits) {
    this.#asker = asker;
    this.#rules = rules;
    this.#ledger = ledger;
    this.#limits = limits;
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
    const capture = new Capture(this.#limits.maxBodyBytes);
    const end = (): void => { this.#active -= 1; };
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
    const other = await this.#asker.ask(order.other, repeat);
    if (other === 'too large') return other;
    const [control, candidate] = order.served === 'control' ? [served, other] as const : [other, served] as const;
    if (control.kind === 'unanswered') return 'control unavailable';
    const differences = difference(control, candidate, this.#rules);
    const noise = differences.length === 0 || order.control === undefined ? new Set<string>() : await this.#noise(order.control, repeat, control);
    return { differences, noise, latencyMs: { control: control.latencyMs, candidate: latencyOf(candidate) } };
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
}

const latencyOf = (observation: Observation): number | undefined => observation.kind === 'answered' ? observation.latencyMs : undefined;

/** Answers to these depend on what the client already has: two right answers may differ. */
const CONDITIONAL = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range', 'range'];
