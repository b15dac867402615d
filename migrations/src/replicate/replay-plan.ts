import { ExitCode, StranglerError } from '@strangler/kernel';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import { LSN_ZERO, printLsn, type Lsn } from '../capture/lsn.ts';
import { SNAPSHOT_COMPLETE } from '../capture/snapshot.ts';
import { tableName, type CapturedTables } from '../capture/table-ref.ts';
import type { ChangeLog, LogPosition } from '../log/change-log.ts';

/** Where to begin: the oldest transaction kept, the first one committed at or after a time, or the first one at or after a position. An offset is taken in order to be refused by name. */
export type ReplayFrom = 'start' | { readonly time: Date } | { readonly lsn: Lsn } | { readonly offset: bigint };

export interface ReplayedTable {
  /** The source's name of it. */
  readonly table: string;
  readonly snapshotReads: number;
  readonly creates: number;
  readonly updates: number;
  readonly deletes: number;
  readonly truncates: number;
}

/** A table with keys that moved in the range while the event does not hold the whole row (unchanged TOAST): repeated on rows that have moved already it would go wrong. */
export interface Unrepeatable {
  /** The source's name of it. */
  readonly table: string;
  /** How many such changes. */
  readonly moves: number;
  readonly first: Lsn;
  readonly last: Lsn;
}

/** What a replay would do. */
export interface ReplayPlan {
  readonly transactions: number;
  readonly events: number;
  /** Sorted by name. */
  readonly tables: readonly ReplayedTable[];
  readonly first?: { readonly lsn: Lsn; readonly timeMs: number };
  readonly last?: { readonly lsn: Lsn; readonly timeMs: number };
  /** True when the range begins with the snapshot: it needs nothing to stand on and rebuilds the tables from nothing. */
  readonly fromSnapshot: boolean;
  /** Every table that may not be repeated on rows it has already touched, sorted by name. */
  readonly unrepeatable: readonly Unrepeatable[];
  /** Read the log from here to get exactly this range. */
  readonly position: LogPosition;
}

/** Reads the range without touching anything. @throws StranglerError STR_REPLAY_GAP when it begins before the oldest transaction kept */
export async function planReplay(log: ChangeLog, from: ReplayFrom, tables: CapturedTables, until?: Lsn): Promise<ReplayPlan> {
  const position = await positionOf(log, from);
  const tally = new Tally(tables);
  for await (const batch of log.read(position)) {
    for (const transaction of batch) if (until === undefined || transaction.commitLsn <= until) tally.add(transaction);
  }
  return { ...tally.sum(), position };
}

type Counts = { -readonly [Field in keyof ReplayedTable]: ReplayedTable[Field] };

class Tally {
  private readonly counts: ReadonlyMap<string, Counts>;
  private first: ChangeTransaction | undefined;
  private last: ChangeTransaction | undefined;
  private transactions = 0;
  private events = 0;
  private readonly unrepeatable = new Map<string, Unrepeatable>();

  constructor(tables: CapturedTables) {
    this.counts = new Map([...tables.keys()].sort().map((table) => [table, { table, snapshotReads: 0, creates: 0, updates: 0, deletes: 0, truncates: 0 }]));
  }

  add(transaction: ChangeTransaction): void {
    this.first ??= transaction;
    this.last = transaction;
    this.transactions += 1;
    for (const event of transaction.events) this.count(event, transaction.commitLsn);
  }

  private count(event: ChangeEvent, lsn: Lsn): void {
    const count = this.counts.get(tableName(event));
    if (count === undefined) return;
    const known = this.unrepeatable.get(count.table);
    this.events += 1;
    count[COUNTED[event.op]] += 1;
    if (isPartialMove(event)) this.unrepeatable.set(count.table, { table: count.table, moves: (known?.moves ?? 0) + 1, first: known?.first ?? lsn, last: lsn });
  }

  sum(): Omit<ReplayPlan, 'position'> {
    const { first, last } = this;
    return {
      transactions: this.transactions, events: this.events, tables: [...this.counts.values()], fromSnapshot: first !== undefined && isSnapshot(first),
      unrepeatable: [...this.unrepeatable.values()].sort((a, b) => a.table < b.table ? -1 : 1),
      ...(first === undefined || last === undefined ? {} : { first: end(first), last: end(last) }),
    };
  }
}

const COUNTED = { 'snapshot-read': 'snapshotReads', create: 'creates', update: 'updates', delete: 'deletes', truncate: 'truncates' } as const;

const end = ({ commitLsn, committedAtMs }: ChangeTransaction): { lsn: Lsn; timeMs: number } => ({ lsn: commitLsn, timeMs: committedAtMs });

const isPartialMove = (event: ChangeEvent): boolean => event.op === 'update' && event.keyBefore !== undefined && event.unchanged !== undefined;

const isSnapshot = ({ events: [event], marker }: ChangeTransaction): boolean => event?.op === 'snapshot-read' || marker === SNAPSHOT_COMPLETE;

async function positionOf(log: ChangeLog, from: ReplayFrom): Promise<LogPosition> {
  if (from !== 'start' && 'offset' in from) throw noOffsets(from.offset);
  const { tail, complete = false } = await log.extent();
  if (from === 'start' || tail === undefined) return 'start';
  if (!complete && isEarlier(from, tail)) throw gap(from, tail);
  const position = firstAt(from);
  // A snapshot's parts are no points to start from: half a snapshot is no state the source was ever in.
  return await beginsInSnapshot(log, position) ? 'start' : position;
}

const firstAt = (from: { readonly time: Date } | { readonly lsn: Lsn }): LogPosition =>
  'time' in from ? { fromTimeMs: from.time.getTime() } : { afterLsn: (from.lsn > LSN_ZERO ? from.lsn - 1n : LSN_ZERO) as Lsn };

const isEarlier = (from: { readonly time: Date } | { readonly lsn: Lsn }, tail: { readonly lsn: Lsn; readonly timeMs: number }): boolean => 'time' in from ? from.time.getTime() < tail.timeMs : from.lsn < tail.lsn;

async function beginsInSnapshot(log: ChangeLog, position: LogPosition): Promise<boolean> {
  for await (const [first] of log.read(position, { maxBatch: 1 })) return first !== undefined && isSnapshot(first);
  return false;
}

const noOffsets = (offset: bigint): StranglerError => new StranglerError({
  code: 'STR_USAGE', message: `This log is read by commit position, and has no offset ${String(offset)}.`, remedy: 'Offsets are those of a topic. Begin at a time or an LSN; the plan prints both ends of the range.',
});

function gap(from: { readonly time: Date } | { readonly lsn: Lsn }, tail: { readonly lsn: Lsn; readonly timeMs: number }): StranglerError {
  const [wanted, oldest] = 'time' in from ? [from.time.toISOString(), new Date(tail.timeMs).toISOString()] : [printLsn(from.lsn), printLsn(tail.lsn)];
  return new StranglerError({
    code: 'STR_REPLAY_GAP',
    message: `The log no longer holds ${wanted}: its oldest transaction is ${oldest} (${printLsn(tail.lsn)}), so ${'time' in from ? `${String(Math.ceil((tail.timeMs - from.time.getTime()) / 1000))} s` : `${String(tail.lsn - from.lsn)} bytes of WAL`} would be missing.`,
    remedy: `Replay from ${oldest} or later onto a copy that is not older, or take a new snapshot.`,
    exitCode: ExitCode.no,
  });
}
