import type { CutoverJournal } from '../../src/cutover/journal.ts';
import type { Owners } from '../../src/cutover/owners.ts';
import type { CutoverPorts } from '../../src/cutover/ports.ts';

/** Calls at which a process waits until the model moves it; all others it makes by itself. */
const STOPS = new Set(['open', 'fenced', 'fence new', 'fence old', 'lift new', 'lift old', 'prepare', 'hold', 'caughtUp', 'claim', 'append committing', 'append closed', 'flip', 'release']);
/** Why the call a process waits at is not made. */
type Refusal = Error | undefined;

/** A cut-over's process, made to go step by step: each call of its ports waits for its turn. */
export class Stepped {
  /** The calls that wait, the oldest first: one, or two where a step that was given up is answered late. */
  private readonly waiting = new Map<string, (refusal: Refusal) => void>();
  private wake: () => void = () => undefined;
  private dead = false;
  private ended = false;
  private readonly running = new Set<Promise<unknown>>();

  /** What it says in the end is for its user; the walk looks at the databases. */
  begin(run: () => Promise<unknown>): void {
    const done = (): void => { this.ended = true; this.wake(); };
    run().then(done, done);
  }

  /** The call it waits at next, once nothing else of it is under way; undefined when it has ended. */
  async at(): Promise<string | undefined> {
    while ((this.waiting.size === 0 && !this.ended) || this.running.size > 0) await new Promise<void>((resolve) => { this.wake = resolve; });
    return [...this.waiting.keys()][0];
  }

  waitsAt(call: string): boolean {
    return this.waiting.has(call);
  }

  /** It makes the call it waits at, and goes on to the next. */
  async pass(call?: string): Promise<string | undefined> {
    this.go(undefined, call);
    return this.at();
  }

  /** The call fails before it has done anything. */
  async fail(refusal: Error): Promise<string | undefined> {
    this.go(refusal);
    return this.at();
  }

  /** From now on it makes no call any more. */
  kill(): void {
    this.dead = true;
  }

  private go(refusal: Refusal, call = [...this.waiting.keys()][0] ?? ''): void {
    const go = this.waiting.get(call);
    if (go === undefined) throw new Error(`the process does not wait at '${call}'`);
    this.waiting.delete(call);
    go(refusal);
  }

  /** Waits for its turn, in the middle of a call as well. @throws what `fail` was given */
  async turn(call: string): Promise<void> {
    const refusal = await new Promise<Refusal>((go) => { this.waiting.set(call, go); this.wake(); });
    if (refusal !== undefined) throw refusal;
  }

  private async call<T>(name: string, act: () => Promise<T>): Promise<T> {
    if (STOPS.has(name)) await this.turn(name);
    if (this.dead) await new Promise<never>(() => undefined);
    const result = act();
    if (name === 'hold') return result; // waits for a turn of its own
    this.running.add(result);
    try {
      return await result;
    } finally {
      this.running.delete(result);
      this.wake();
    }
  }

  owners(real: Owners): Owners {
    return {
      open: () => this.call('open', () => real.open()),
      fenced: (side) => this.call('fenced', () => real.fenced(side)),
      fence: (side, deadlineMs) => this.call(`fence ${side}`, () => real.fence(side, deadlineMs)),
      lift: (side, deadlineMs) => this.call(`lift ${side}`, () => real.lift(side, deadlineMs)),
      planSequences: () => this.call('planSequences', () => real.planSequences()),
      advanceSequences: () => this.call('advanceSequences', () => real.advanceSequences()),
      verify: (settleMs) => this.call('verify', () => real.verify(settleMs)),
      claim: () => this.call('claim', () => real.claim()),
      abandon: () => this.call('abandon', () => real.abandon()),
      close: () => this.call('close', () => real.close()),
    };
  }

  ports({ gate, drain, reverse }: CutoverPorts): CutoverPorts {
    return {
      gate: {
        hold: (tables, deadlineMs) => this.call('hold', () => gate.hold(tables, deadlineMs)),
        flip: (id, to, epoch) => this.call('flip', () => gate.flip(id, to, epoch)),
        release: (id) => this.call('release', () => gate.release(id)),
      },
      drain: { marker: () => this.call('marker', () => drain.marker()), caughtUp: (lsn, deadlineMs) => this.call('caughtUp', () => drain.caughtUp(lsn, deadlineMs)) },
      reverse: { prepare: () => this.call('prepare', () => reverse.prepare()), start: () => this.call('start', () => reverse.start()) },
    };
  }

  journal(real: CutoverJournal): CutoverJournal {
    return { entries: () => this.call('entries', () => real.entries()), append: (entry, options) => this.call(`append ${entry.event}`, () => real.append(entry, options)) };
  }
}
