import type { Envelope } from '../capture/envelope.ts';
import type { Lsn } from '../capture/lsn.ts';

export type Part = Extract<Envelope, { position?: unknown }> & {
  readonly position: { readonly lsn: Lsn; readonly order: number };
  /** The producer that wrote it, where it has a number: each run of the connector is another one. */
  readonly by?: string | undefined;
};

/** What a transaction's parts amount to. `unproven`: they are all unless more of it lies in Kafka already. `cut`: some may be missing for ever. */
export type Whole = { readonly is: 'whole'; readonly parts: readonly Part[] } | { readonly is: 'waiting' | 'unproven' | 'cut' };

const WAITING: Whole = { is: 'waiting' };
const CUT: Whole = { is: 'cut' };

/**
 * The messages of one source transaction, as one or several runs of the connector have sent them.
 *
 * A connector that ends in the middle of a transaction goes on behind the last event that Connect has stored, under another BEGIN, and numbers what is left from 1 again;
 * its END counts what is left (Debezium 3.6); or, when it met no other transaction on its way there, it goes on counting. So a number says nothing without its run. What orders events through all runs is their LSN, which never falls within a
 * transaction; what tells two apart is LSN and content.
 */
export class Parts {
  /** How far each partition has been read for this transaction. */
  readonly read = new Map<string, bigint>();
  /** By number: one part, or those of several runs. */
  private readonly byOrder = new Map<number, Part | Part[]>();
  private begins = 0;
  /** By run, from 1: how many events it announced. A transaction without BEGIN has one run. */
  private readonly ends = new Map<number, number>();
  private several = false;
  /** Parts that a second producer has sent, too, and which. */
  private readonly again = new Map<Part, string | undefined>();
  private endBy: string | undefined;
  private writer: string | undefined;
  private isMixed = false;
  /** Parts kept. */
  size = 0;

  note(place: string, next: bigint): void {
    if (next > (this.read.get(place) ?? 0n)) this.read.set(place, next);
  }

  begin(): void {
    this.begins += 1;
  }

  end(events: number, by?: string): void {
    this.ends.set(this.run, events);
    this.endBy = by;
    if (by !== this.writer) this.isMixed = true;
  }

  /** The newest one's number. */
  get run(): number {
    return Math.max(1, this.begins);
  }

  /** @returns whether it was not there yet */
  add(part: Part): boolean {
    const { order } = part.position;
    const there = this.byOrder.get(order);
    if (this.size === 0) this.writer = part.by;
    else if (part.by !== this.writer) this.isMixed = true;
    if (there === undefined) this.byOrder.set(order, part);
    else {
      const same = listOf(there).find((one) => isSame(one, part));
      if (same !== undefined) {
        if (same.by !== part.by) this.again.set(same, part.by);
        return false;
      }
      this.several = true;
      this.byOrder.set(order, [...listOf(there), part]);
    }
    this.size += 1;
    return true;
  }

  /** Whether more than one run of the connector has sent it. */
  get isJoined(): boolean {
    return this.run > 1 || this.several;
  }

  /** What tells its parts from others, whichever run sent them. */
  identities(): Set<string> {
    return new Set(this.all().map(identity));
  }

  /** @param allRead whether every partition has been read to where it ended after the last END had come */
  whole(allRead: boolean): Whole {
    const first = this.ends.get(1);
    if (this.run === 1 && !this.several) return first === undefined ? WAITING : this.ofOneRun(first);
    // A run that began with the transaction and came to its end says how many there are, whoever sent them.
    if (first !== undefined) return this.united(first);
    const last = this.ends.get(this.run);
    if (last === undefined) return WAITING;
    return allRead ? this.joined(last) : { is: 'unproven' };
  }

  /** The everyday case: numbers 1 to `events`, each once. */
  private ofOneRun(events: number): Whole {
    if (this.byOrder.size < events) return WAITING;
    const parts = this.all().sort((a, b) => a.position.order - b.position.order);
    return parts.length === events && (parts.at(-1)?.position.order ?? 0) === events && !this.hasGap(parts, this.endBy) ? { is: 'whole', parts } : CUT;
  }

  private united(events: number): Whole {
    const parts = this.distinct();
    if (parts.length !== events) return parts.length < events ? WAITING : CUT;
    return { is: 'whole', parts: parts.sort(byPlace) };
  }

  /** The last run whole, and before it, run by run, what the next one did not send again. */
  private joined(events: number): Whole {
    let parts = events === 0 ? [] : this.chain(undefined);
    if (parts.length !== events) return WAITING;
    if (this.hasGap(parts, this.endBy)) return CUT;
    while (this.all().some((part) => isBelow(part, parts[0]?.position.lsn))) {
      const run = this.chain(parts[0]?.position.lsn);
      if (run.length === 0) return WAITING;
      if (this.mayLack(run, parts[0])) return CUT;
      parts = [...run, ...parts];
    }
    return parts.length === this.distinct().length ? { is: 'whole', parts } : WAITING;
  }

  /** Whether something may be missing within a run, or between it and the next. Nothing is where this one, too, sent what the next began with, right behind its last. */
  private mayLack(run: readonly Part[], next: Part | undefined): boolean {
    const isProven = next !== undefined && this.candidates(run.length + 1).some((part) => isSame(part, next));
    return (!isProven && mayGoOn(run)) || this.hasGap(run);
  }

  /** Of the newest run that begins below `limit`: its parts 1, 2, 3 … below it. A number's newest run is the one whose part lies furthest in the WAL. */
  private chain(limit: Lsn | undefined): Part[] {
    const run: Part[] = [];
    const seen = new Set<string>();
    for (let order = 1; ; order += 1) {
      const floor = run.at(-1)?.position.lsn ?? 0n;
      // A part of an older run in its place lies before, or is one of those we have.
      const next = this.candidates(order).filter((part) => part.position.lsn >= floor && isBelow(part, limit) && !seen.has(identity(part))).sort(byPlace).at(-1);
      if (next === undefined) return run;
      run.push(next);
      seen.add(identity(next));
    }
  }

  /** Whether a producer went on behind a part of another's, where the WAL record may have held more, and neither sent what the other did. */
  private hasGap(parts: readonly Part[], endBy?: string): boolean {
    const goesOn = (at: number): boolean => {
      const [before, next] = [parts[at - 1], parts[at]];
      const by = at === parts.length ? endBy ?? before?.by : next?.by;
      if (before === undefined || by === before.by || by === this.again.get(before)) return false;
      return (next === undefined || this.again.get(next) !== before.by) && mayGoOn(parts.slice(Math.max(0, at - 3), at));
    };
    return this.isMixed && Array.from({ length: parts.length }, (_, index) => index + 1).some(goesOn);
  }

  private candidates(order: number): readonly Part[] {
    const there = this.byOrder.get(order);
    return there === undefined ? [] : listOf(there);
  }

  private all(): Part[] {
    return [...this.byOrder.values()].flatMap(listOf);
  }

  /** Each once; of one that came under two numbers the larger, which is the earlier run's. */
  private distinct(): Part[] {
    return [...new Map(this.all().sort((a, b) => a.position.order - b.position.order).map((part) => [identity(part), part])).values()];
  }
}

const listOf = (parts: Part | readonly Part[]): readonly Part[] => Array.isArray(parts) ? parts as readonly Part[] : [parts as Part];
const isBelow = ({ position }: Part, limit: Lsn | undefined): boolean => limit === undefined || position.lsn < limit;
const byPlace = (a: Part, b: Part): number => a.position.lsn < b.position.lsn ? -1 : a.position.lsn > b.position.lsn ? 1 : a.position.order - b.position.order;
const isSame = (a: Part, b: Part): boolean => a.position.lsn === b.position.lsn && identity(a) === identity(b);
export const identity = ({ position, ...content }: Part): string => `${String(position.lsn)} ${JSON.stringify({ ...content, by: undefined })}`;

const isCreate = (part: Part | undefined): boolean => part?.kind === 'change' && part.event.op === 'create';

/**
 * Whether events of the same WAL record may have been left out behind these: Debezium 3.6 goes on at the next LSN (dbz#1554). COPY writes many rows into one record, and is
 * known by rows that share an LSN; a changed key is two messages, and the first has come; TRUNCATE may name several tables.
 */
function mayGoOn(run: readonly Part[]): boolean {
  const [third, second, last] = [run.at(-3), run.at(-2), run.at(-1)];
  if (last?.kind === 'skipped') return last.why === 'key change';
  if (last?.kind !== 'change') return false;
  if (last.event.op === 'truncate') return true;
  const shareRecord = (a: Part | undefined, b: Part | undefined): boolean => isCreate(a) && isCreate(b) && a?.position.lsn === b?.position.lsn;
  return isCreate(last) && (shareRecord(second, last) || shareRecord(third, second));
}
