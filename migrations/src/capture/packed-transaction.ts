import type { ChangeEvent, ChangeTransaction } from './change-event.ts';
import type { Lsn } from './lsn.ts';
import { unpack } from './packed-events.ts';
import type { PackedChanges } from './packed.ts';

interface TransactionHead {
  readonly commitLsn: Lsn;
  readonly xid: number;
  readonly committedAtMs: number;
  readonly marker?: string | undefined;
}

/**
 * A source transaction that keeps its changes packed; `events` are made when somebody asks. A copy with other events (`{ ...transaction, events }`) is an ordinary
 * transaction and has no packed form: what is written down is always what was meant.
 */
export class PackedTransaction implements ChangeTransaction {
  readonly commitLsn: Lsn;
  readonly xid: number;
  readonly committedAtMs: number;
  declare readonly marker?: string;
  readonly packed: PackedChanges;
  private unpacked: readonly ChangeEvent[] | undefined;

  constructor(head: TransactionHead, packed: PackedChanges) {
    this.commitLsn = head.commitLsn;
    this.xid = head.xid;
    this.committedAtMs = head.committedAtMs;
    if (head.marker !== undefined) (this as { marker?: string }).marker = head.marker;
    this.packed = packed;
  }

  get events(): readonly ChangeEvent[] {
    this.unpacked ??= unpack(this.packed);
    return this.unpacked;
  }
}

/** The packed form, where the transaction has one. */
export const packedOf = (transaction: ChangeTransaction): PackedChanges | undefined => (transaction instanceof PackedTransaction ? transaction.packed : undefined);

/** How many events a transaction has; without unpacking them. */
export const eventCount = (transaction: ChangeTransaction): number => packedOf(transaction)?.count ?? transaction.events.length;
