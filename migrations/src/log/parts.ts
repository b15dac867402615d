import type { Envelope } from '../capture/envelope.ts';
import type { Lsn } from '../capture/lsn.ts';

export type Part = Extract<Envelope, { position?: unknown }> & {
  readonly position: { readonly lsn: Lsn; readonly order: number };
  /** The producer that wrote it, where it has a number: each process of the connector is another one. */
  readonly by?: string | undefined;
};

/** What a transaction's parts amount to. `cut`: some may be missing for ever. */
export type Whole = { readonly is: 'whole'; readonly parts: readonly Part[] } | { readonly is: 'waiting' | 'cut' };

const WAITING: Whole = { is: 'waiting' };
const CUT: Whole = { is: 'cut' };

/**
 * The messages of one source transaction. They are whole when one producer alone has sent as many as its END counts: a connector that ended in the middle of a transaction goes on behind the last
 * event that Connect has stored, sometimes further behind, and counts what is left from 1, or goes on counting (Debezium 3.6). What several have sent between them may have a gap that nothing shows.
 */
export class Parts {
  /** How far each partition has been read for this transaction. */
  readonly read = new Map<string, bigint>();
  private readonly byOrder = new Map<number, Part>();
  /** Who besides has sent the part of a number. */
  private readonly again = new Map<number, Set<string | undefined>>();
  /** Two messages under one number, or two counts. */
  private contradicts = false;
  private count: number | undefined;
  private endedBy: string | undefined;
  private isMixed = false;

  note(place: string, next: bigint): void {
    if (next > (this.read.get(place) ?? 0n)) this.read.set(place, next);
  }

  /** Parts kept. */
  get size(): number {
    return this.byOrder.size;
  }

  end(events: number, by?: string): void {
    if (this.count !== undefined && this.count !== events) this.contradicts = true;
    this.count = events;
    this.endedBy = by;
  }

  /** @returns whether it was not there yet */
  add(part: Part): boolean {
    const { order } = part.position;
    const there = this.byOrder.get(order);
    if (there === undefined) {
      this.isMixed ||= this.byOrder.size > 0 && this.byOrder.values().next().value?.by !== part.by;
      this.byOrder.set(order, part);
      return true;
    }
    if (identity(there) !== identity(part)) this.contradicts = true;
    this.again.set(order, (this.again.get(order) ?? new Set()).add(part.by));
    return false;
  }

  whole(): Whole {
    const { count } = this;
    if (count === undefined) return WAITING;
    if (this.contradicts || this.byOrder.size > count) return CUT;
    if (this.byOrder.size < count) return WAITING;
    const parts = [...this.byOrder.values()].sort((a, b) => a.position.order - b.position.order);
    return (parts.at(-1)?.position.order ?? 0) === count && this.isOfOne(parts) ? { is: 'whole', parts } : CUT;
  }

  /** Whether the one who ended it has sent all of it. */
  private isOfOne(parts: readonly Part[]): boolean {
    const isOfItsEnd = ({ by, position }: Part): boolean => by === this.endedBy || this.again.get(position.order)?.has(this.endedBy) === true;
    return this.isMixed || (parts[0] !== undefined && parts[0].by !== this.endedBy) ? parts.every(isOfItsEnd) : true;
  }
}

const identity = ({ position, ...content }: Part): string => `${String(position.lsn)} ${JSON.stringify({ ...content, by: undefined })}`;
