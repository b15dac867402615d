import { StranglerError } from '@strangler/kernel';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import type { Envelope, TransactionEnd } from '../capture/envelope.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';

/** Where a message lay: a partition's name and the offset behind it. */
export interface Source {
  readonly place: string;
  readonly next: bigint;
}

type Part = Extract<Envelope, { position?: unknown }>;

class Parts {
  /** By place in the transaction: a message that comes twice takes its own place again. */
  readonly byOrder = new Map<number, Part>();
  /** How far each partition has been read for this transaction. */
  readonly read = new Map<string, bigint>();

  note(source: Source | undefined): void {
    if (source !== undefined && source.next > (this.read.get(source.place) ?? 0n)) this.read.set(source.place, source.next);
  }
}

export interface RegroupOptions {
  /** Transactions up to here are left out, whether or not all their messages are still there. */
  readonly afterLsn?: Lsn;
  readonly fromTimeMs?: number;
}

/** A transaction and how far its partitions were read for it: Debezium writes each partition in commit order, so nothing before is wanted again. */
export interface Regrouped {
  readonly transaction: ChangeTransaction;
  readonly read: ReadonlyMap<string, bigint>;
  /** How many messages it was made of. */
  readonly messages: number;
}

type End = TransactionEnd & { readonly group: string };

/**
 * Puts whole source transactions together again from messages that arrive topic by topic and partition by partition, in any order but that of each partition,
 * and more than once. The order of ENDs is the order of commits; a transaction leaves when its END has come and as many events as it announced, and never before
 * an earlier one. Connect repeats itself after a crash, at new offsets: what has left does not leave again.
 */
export class Regrouper {
  private readonly pending = new Map<string, Parts>();
  private ends: End[] = [];
  /** Ends before this index have left. */
  private first = 0;
  private last: Lsn;
  private readonly fromTimeMs: number;

  constructor({ afterLsn = LSN_ZERO, fromTimeMs = Number.NEGATIVE_INFINITY }: RegroupOptions = {}) {
    this.last = afterLsn;
    this.fromTimeMs = fromTimeMs;
  }

  /**
   * `group` tells transactions apart where the message says more than Debezium's transaction id does, which PostgreSQL gives out anew after 2^32.
   * @throws StranglerError STR_BAD_ENVELOPE, STR_UNREADABLE_VALUE, STR_NO_TRANSACTIONS, STR_SNAPSHOT_IN_LOG
   */
  event(envelope: Envelope, group?: string, source?: Source): void {
    if (envelope.kind === 'refused') throw new StranglerError({ code: envelope.code, message: envelope.message, exitCode: 1, remedy: 'Compare the connector with the committed one: `strangler connect plan`.' });
    if (envelope.position === undefined) return;
    refuseSnapshot(envelope);
    const { order, xid } = envelope.position;
    if (order === undefined) throw new StranglerError({ code: 'STR_NO_TRANSACTIONS', exitCode: 1, message: 'The messages do not say which transaction they belong to.', remedy: 'Set provide.transaction.metadata=true, as the generated connector does.' });
    const parts = this.partsOf(group ?? String(xid));
    parts.byOrder.set(order, envelope);
    parts.note(source);
  }

  end(end: TransactionEnd, group = String(end.xid), source?: Source): void {
    const newest = this.ends.at(-1)?.lsn ?? this.last;
    if (end.lsn > newest) {
      this.ends.push({ ...end, group });
      this.partsOf(group).note(source);
    } else if (this.isWaiting(end.lsn)) {
      this.partsOf(group).note(source);
    } else {
      this.pending.delete(group);
    }
  }

  /** The earliest END that waits for its events, and how many it has. */
  get waiting(): { readonly end: TransactionEnd; readonly has: number } | undefined {
    const end = this.ends[this.first];
    return end === undefined ? undefined : { end, has: this.pending.get(end.group)?.byOrder.size ?? 0 };
  }

  /** ENDs that have come and not left. */
  get waitingCount(): number {
    return this.ends.length - this.first;
  }

  /** The transactions that are whole, in commit order. */
  ready(): ChangeTransaction[] {
    return this.take().map(({ transaction }) => transaction);
  }

  /** As `ready`, with how far each was read. */
  take(): Regrouped[] {
    const whole: Regrouped[] = [];
    for (let end = this.ends[this.first]; end !== undefined; end = this.ends[this.first]) {
      const wanted = end.atMs >= this.fromTimeMs;
      const parts = this.pending.get(end.group) ?? new Parts();
      if (wanted && parts.byOrder.size < end.events) break;
      this.first += 1;
      this.pending.delete(end.group);
      this.last = end.lsn;
      if (wanted) whole.push({ transaction: assemble(end, [...parts.byOrder].sort(([a], [b]) => a - b).map(([, part]) => part)), read: parts.read, messages: parts.byOrder.size });
    }
    this.forget();
    return whole;
  }

  private partsOf(group: string): Parts {
    const known = this.pending.get(group);
    if (known !== undefined) return known;
    const parts = new Parts();
    this.pending.set(group, parts);
    return parts;
  }

  /** ENDs lie in the order of their positions: a binary search. */
  private isWaiting(lsn: Lsn): boolean {
    let [low, high] = [this.first, this.ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle]?.lsn ?? lsn) < lsn) low = middle + 1;
      else high = middle;
    }
    return this.ends[low]?.lsn === lsn;
  }

  private forget(): void {
    if (this.first === 0 || this.first < this.ends.length / 2) return;
    this.ends = this.ends.slice(this.first);
    this.first = 0;
  }
}

function refuseSnapshot(envelope: Envelope): void {
  if (envelope.kind !== 'change' || envelope.event.op !== 'snapshot-read' || envelope.position.order !== undefined) return;
  throw new StranglerError({ code: 'STR_SNAPSHOT_IN_LOG', exitCode: 1, message: `The connector has taken its own snapshot of ${envelope.event.table}, which has no place in the order of commits.`,
    remedy: 'Set snapshot.mode=no_data (the generated connector does) and let the replication take the snapshot.' });
}

function assemble(end: TransactionEnd, parts: readonly Part[]): ChangeTransaction {
  const events: ChangeEvent[] = parts.flatMap((part) => part.kind === 'change' ? [part.event] : []);
  const marker = parts.find((part) => part.kind === 'marker');
  return { commitLsn: end.lsn, xid: end.xid, committedAtMs: end.atMs, events, ...(marker === undefined ? {} : { marker: marker.content }) };
}
