import { StranglerError } from '@strangler/kernel';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import type { Envelope, TransactionEnd } from '../capture/envelope.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';

interface Parts {
  /** By place in the transaction: a message that comes twice takes its own place again. */
  readonly byOrder: Map<number, Extract<Envelope, { position?: unknown }>>;
}

export interface RegroupOptions {
  /** Transactions up to here are left out, whether or not all their messages are still there. */
  readonly afterLsn?: Lsn;
  readonly fromTimeMs?: number;
}

/**
 * Puts whole source transactions together again from messages that arrive topic by topic and partition by partition, in any order but that of each partition,
 * and more than once. The order of ENDs is the order of commits; a transaction leaves when its END has come and as many events as it announced, and never before
 * an earlier one. Connect repeats itself after a crash, at new offsets: what has left does not leave again.
 */
export class Regrouper {
  private readonly pending = new Map<string, Parts>();
  private readonly ends: (TransactionEnd & { readonly group: string })[] = [];
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
  event(envelope: Envelope, group?: string): void {
    if (envelope.kind === 'refused') throw new StranglerError({ code: envelope.code, message: envelope.message, exitCode: 1, remedy: 'Compare the connector with the committed one: `strangler connect plan`.' });
    if (envelope.position === undefined) return;
    refuseSnapshot(envelope);
    const { order, xid } = envelope.position;
    if (order === undefined) throw new StranglerError({ code: 'STR_NO_TRANSACTIONS', exitCode: 1, message: 'The messages do not say which transaction they belong to.', remedy: 'Set provide.transaction.metadata=true, as the generated connector does.' });
    const key = group ?? String(xid);
    const parts = this.pending.get(key) ?? { byOrder: new Map() };
    parts.byOrder.set(order, envelope);
    this.pending.set(key, parts);
  }

  end(end: TransactionEnd, group = String(end.xid)): void {
    if (end.lsn <= (this.ends.at(-1)?.lsn ?? this.last) && !this.ends.some(({ lsn }) => lsn === end.lsn)) this.pending.delete(group);
    else if (!this.ends.some(({ lsn }) => lsn === end.lsn)) this.ends.push({ ...end, group });
  }

  /** The transactions that are whole, in commit order. */
  ready(): ChangeTransaction[] {
    const whole: ChangeTransaction[] = [];
    for (let end = this.ends[0]; end !== undefined; end = this.ends[0]) {
      const wanted = end.atMs >= this.fromTimeMs;
      const parts = this.pending.get(end.group)?.byOrder ?? new Map<number, never>();
      if (wanted && parts.size < end.events) break;
      this.ends.shift();
      this.pending.delete(end.group);
      this.last = end.lsn;
      if (wanted) whole.push(assemble(end, [...parts].sort(([a], [b]) => a - b).map(([, part]) => part)));
    }
    return whole;
  }
}

function refuseSnapshot(envelope: Envelope): void {
  if (envelope.kind !== 'change' || envelope.event.op !== 'snapshot-read' || envelope.position.order !== undefined) return;
  throw new StranglerError({ code: 'STR_SNAPSHOT_IN_LOG', exitCode: 1, message: `The connector has taken its own snapshot of ${envelope.event.table}, which has no place in the order of commits.`,
    remedy: 'Set snapshot.mode=no_data (the generated connector does) and let the replication take the snapshot.' });
}

function assemble(end: TransactionEnd, parts: readonly Extract<Envelope, { position?: unknown }>[]): ChangeTransaction {
  const events: ChangeEvent[] = parts.flatMap((part) => part.kind === 'change' ? [part.event] : []);
  const marker = parts.find((part) => part.kind === 'marker');
  return { commitLsn: end.lsn, xid: end.xid, committedAtMs: end.atMs, events, ...(marker === undefined ? {} : { marker: marker.content }) };
}
