import { StranglerError } from '@strangler/kernel';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import type { Envelope, TransactionEnd } from '../capture/envelope.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import { Parts, type Part } from './parts.ts';
import { transactionCut, transactionUnproven } from './kafka-trouble.ts';

/** Where a message lay: a partition's name and the offset behind it. */
export interface Source {
  readonly place: string;
  readonly next: bigint;
  /** Of whoever wrote it: another one, another run of the connector. */
  readonly producer?: string;
}

export interface RegroupOptions {
  /** Transactions up to here are left out, whether or not all their messages are still there. */
  readonly afterLsn?: Lsn;
  readonly fromTimeMs?: number;
  /** What Kafka does not prove is to be read elsewhere (`wanted`); where nobody can, it is taken as it is, and a transaction that is cut is an error. */
  readonly canRead?: boolean;
}

/** Committed behind `after` and up to `upTo`: what Kafka has of it proves nothing. */
export interface Wanted {
  readonly after: Lsn;
  readonly upTo: Lsn;
  /** What to say where it cannot be read. */
  readonly otherwise: StranglerError;
}

/** A transaction and how far its partitions were read for it: Debezium writes each partition in commit order, so nothing before is wanted again. */
export interface Regrouped {
  readonly transaction: ChangeTransaction;
  readonly read: ReadonlyMap<string, bigint>;
}

type End = TransactionEnd & { readonly group: string; /** The first one that a run of the connector has sent. */ readonly isFirst: boolean };

const TOO_OLD: readonly Part[] = [];

/** Groups that are not wanted and are remembered. */
const REMEMBERED = 32;

/**
 * Puts whole source transactions together again from messages that arrive topic by topic and partition by partition, in any order but that of each partition,
 * and more than once. The order of ENDs is the order of commits; a transaction leaves when its END has come and all its events (see `Parts`), and never before
 * an earlier one. Connect repeats itself after a crash, at new offsets: what has left does not leave again.
 *
 * The first transaction of a run of the connector is not believed. Debezium 3.6 looks for the place it was ended at by the LSN of the last message that Connect has stored. A COMMIT has the
 * LSN at which its WAL record ends, and there the next record begins: where that is a row of a transaction that was open then, it takes the row for the one it knows, and begins behind it. The
 * rows before, often the whole transaction, are in no topic, and nothing in the messages tells.
 */
export class Regrouper {
  private readonly pending = new Map<string, Parts>();
  private ends: End[] = [];
  /** Ends before this index have left. */
  private first = 0;
  private last: Lsn;
  /** Groups that have left, or were read elsewhere, and come again: what Kafka still brings of them is not wanted. */
  private readonly unwanted = new Set<string>();
  private readonly fromTimeMs: number;
  private readonly canRead: boolean;
  private runBegan = false;
  private endedBy: string | undefined;
  /** Events that are kept for transactions that have not left. */
  held = 0;

  constructor({ afterLsn = LSN_ZERO, fromTimeMs = Number.NEGATIVE_INFINITY, canRead = false }: RegroupOptions = {}) {
    this.last = afterLsn;
    this.fromTimeMs = fromTimeMs;
    this.canRead = canRead;
  }

  /**
   * `group` tells transactions apart where the message says more than Debezium's transaction id does, which PostgreSQL gives out anew after 2^32.
   * @throws StranglerError STR_BAD_ENVELOPE, STR_UNREADABLE_VALUE, STR_NO_TRANSACTIONS, STR_SNAPSHOT_IN_LOG
   */
  event(envelope: Envelope, group?: string, source?: Source): void {
    const placed = placedIn(envelope);
    if (placed === undefined) return;
    const [part, key] = [{ ...placed, by: source?.producer }, group ?? String(placed.position.xid)];
    if (this.unwanted.has(key)) return;
    const parts = this.partsOf(key);
    if (parts.add(part)) this.held += 1;
    note(parts, source);
  }

  /** A run of the connector begins: what it ends first is not believed. A new producer is another run, too, where none says so. */
  runBegins(): void {
    this.runBegan = true;
  }

  end(end: TransactionEnd, group = String(end.xid), source?: Source): void {
    if (this.endedBy !== undefined && source?.producer !== this.endedBy) this.runBegan = true;
    this.endedBy = source?.producer;
    if (end.lsn <= (this.ends.at(-1)?.lsn ?? this.last)) {
      this.endAgain(end, group, source);
      return;
    }
    this.ends.push({ ...end, group, isFirst: this.runBegan });
    this.runBegan = false;
    this.noteEnd(end, group, source);
  }

  /** What a run counts of a transaction that another one has sent before is not to be relied on: it may be 0. */
  private endAgain(end: TransactionEnd, group: string, source: Source | undefined): void {
    const waiting = this.waitingAt(end.lsn);
    if (waiting === undefined) this.notWanted(group);
    else if (this.canRead) this.ends[waiting.index] = { ...waiting.end, isFirst: true };
    else this.noteEnd(end, group, source);
  }

  private noteEnd(end: TransactionEnd, group: string, source: Source | undefined): void {
    const parts = this.partsOf(group);
    parts.end(end.events, source?.producer);
    note(parts, source);
  }

  /** The earliest END that waits for its events, and how many it has. */
  get waiting(): { readonly end: TransactionEnd; readonly has: number } | undefined {
    const end = this.ends[this.first];
    return end === undefined ? undefined : { end, has: this.pending.get(end.group)?.size ?? 0 };
  }

  /** ENDs that have come and not left. */
  get waitingCount(): number {
    return this.ends.length - this.first;
  }

  /** What must be read elsewhere before anything else leaves. */
  get wanted(): Wanted | undefined {
    const end = this.ends[this.first];
    if (!this.canRead || end === undefined) return undefined;
    const isCut = !end.isFirst && this.pending.get(end.group)?.whole().is === 'cut';
    return end.isFirst || isCut ? { after: this.last, upTo: end.lsn, otherwise: isCut ? transactionCut(end) : transactionUnproven(end, this.last) } : undefined;
  }

  /** What was read of what is `wanted`, in commit order. */
  fill(found: readonly ChangeTransaction[]): Regrouped[] {
    const end = this.ends[this.first];
    if (end === undefined) return [];
    const { read } = this.partsOf(end.group);
    this.first += 1;
    // Of some no END may ever come.
    for (const group of [...found.map(({ xid }) => String(xid)), end.group]) this.notWanted(group);
    this.last = end.lsn;
    this.forget();
    return found.map((transaction, index) => ({ transaction, read: index === found.length - 1 ? read : new Map() }));
  }

  private notWanted(group: string): void {
    this.drop(group);
    this.unwanted.delete(group);
    this.unwanted.add(group);
    const [oldest] = this.unwanted;
    if (oldest !== undefined && this.unwanted.size > REMEMBERED) this.unwanted.delete(oldest);
  }

  /** The transactions that are whole, in commit order. */
  ready(): ChangeTransaction[] {
    return this.take().map(({ transaction }) => transaction);
  }

  /** As `ready`, with how far each was read. @throws StranglerError STR_TRANSACTION_CUT */
  take(): Regrouped[] {
    const left: Regrouped[] = [];
    for (let end = this.ends[this.first]; end !== undefined; end = this.ends[this.first]) {
      const parts = this.partsOf(end.group);
      const whole = end.atMs >= this.fromTimeMs ? this.judged(end, parts) : TOO_OLD;
      if (whole === undefined) break;
      this.first += 1;
      this.drop(end.group);
      this.last = end.lsn;
      if (whole !== TOO_OLD) left.push({ transaction: assemble(end, whole), read: parts.read });
    }
    this.forget();
    return left;
  }

  /** Its parts, when Kafka has shown that they are all. */
  private judged(end: End, parts: Parts): readonly Part[] | undefined {
    if (this.canRead && end.isFirst) return undefined;
    const whole = parts.whole();
    if (whole.is === 'cut' && !this.canRead) throw transactionCut(end);
    return whole.is === 'whole' ? whole.parts : undefined;
  }

  private drop(group: string): void {
    this.held -= this.pending.get(group)?.size ?? 0;
    this.pending.delete(group);
  }

  private partsOf(group: string): Parts {
    const known = this.pending.get(group);
    if (known !== undefined) return known;
    const parts = new Parts();
    this.pending.set(group, parts);
    return parts;
  }

  /** ENDs lie in the order of their positions: a binary search. */
  private waitingAt(lsn: Lsn): { readonly index: number; readonly end: End } | undefined {
    let [low, high] = [this.first, this.ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle]?.lsn ?? lsn) < lsn) low = middle + 1;
      else high = middle;
    }
    const end = this.ends[low];
    return end?.lsn === lsn ? { index: low, end } : undefined;
  }

  private forget(): void {
    if (this.first === 0 || this.first < this.ends.length / 2) return;
    this.ends = this.ends.slice(this.first);
    this.first = 0;
  }
}

const note = (parts: Parts, source: Source | undefined): void => { if (source !== undefined) parts.note(source.place, source.next); };

/** With its place in a transaction; undefined for what has none by its nature, like a message that somebody wrote outside of any. */
function placedIn(envelope: Envelope): Part & { readonly position: { readonly xid: number } } | undefined {
  if (envelope.kind === 'refused') throw new StranglerError({ code: envelope.code, message: envelope.message, exitCode: 1, remedy: 'Compare the connector with the committed one: `strangler connect plan`.' });
  if (envelope.position === undefined) return undefined;
  refuseSnapshot(envelope);
  const { order } = envelope.position;
  if (order !== undefined) return { ...envelope, position: { ...envelope.position, order } };
  if (envelope.kind !== 'change') return undefined;
  throw new StranglerError({ code: 'STR_NO_TRANSACTIONS', exitCode: 1, message: 'The messages do not say which transaction they belong to.', remedy: 'Set provide.transaction.metadata=true, as the generated connector does.' });
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
