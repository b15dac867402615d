import { ByteReader } from './byte-reader.ts';
import type { ChangeTransaction, TableRef } from './change-event.ts';
import type { Lsn } from './lsn.ts';
import { PackedTransaction } from './packed-transaction.ts';
import { exchanged, noKey, renamed, type Pausing } from './pausing.ts';
import { describeRelation, type Relation, type RelationColumn, type Relations } from './packed.ts';
import { Slab } from './slab.ts';
import { tableName, type CapturedTables } from './table-ref.ts';
import { afterColumn, afterTuple, columnAt, TEXT_VALUE, u16, u32, UNCHANGED_VALUE } from './tuple.ts';

/** The prefix of our own logical messages; others' are not for us. */
export const MARKER_PREFIX = 'strangler';
/** Of messages that only show that the WAL goes on. */
export const HEARTBEAT_PREFIX = 'strangler-heartbeat';

/** A relation as the server describes it, and what of it is for us. */
interface Described {
  readonly relation: Relation;
  /** False for what is only described: a partition, whose changes come under its root's name. */
  readonly known: boolean;
  /** It comes under another name than it has, and under that one it is paused or copied anew: nobody wants its changes. */
  readonly replaced: boolean;
  /** Which of the server's columns the config omits; undefined when it omits none. */
  readonly omitted: readonly boolean[] | undefined;
  /** Where its key columns are among the server's, -1 for one that it lacks. */
  readonly keyAt: readonly number[];
}

interface Open {
  readonly xid: number;
  readonly committedAtMs: number;
  readonly relations: Relations;
  count: number;
  marker?: string;
}

/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000n;
export const postgresTimeMs = (microseconds: bigint): number => Number(microseconds / 1000n + POSTGRES_EPOCH_MS);

/**
 * Reads pgoutput, protocol version 1 (PostgreSQL docs, "Logical Replication Message Formats"), into whole source transactions. One per connection: it remembers the
 * relations the server has described. Changes stay the bytes the server sent (`PackedChanges`); here they are only measured, and asked for their key.
 */
export class PgoutputReader {
  private readonly tables: CapturedTables;
  private readonly described = new Map<number, Described>();
  private readonly slab = new Slab();
  private relations: Relations = new Map();
  private open: Open | undefined;
  private readonly pausing: Pausing | undefined;

  private readonly names: ReadonlyMap<number, string>;

  /** @param names of relations, as the catalog has them now: one that comes under another name was renamed before or since */
  constructor(tables: CapturedTables, pausing?: Pausing, names: ReadonlyMap<number, string> = new Map()) {
    this.names = names;
    this.tables = tables;
    this.pausing = pausing;
  }

  get inTransaction(): boolean {
    return this.open !== undefined;
  }

  /**
   * The transaction this message completes, if it completes one that matters: what holds neither an event nor a marker of ours is nobody's business and is dropped.
   * The payload is copied: it need not outlive the call.
   * Changes of paused tables are passed over.
   * @throws StranglerError STR_NO_KEY when an update or delete cannot name its row, STR_TABLES_CHANGED when a published table is none of ours, unless that table may be paused.
   */
  read(payload: Buffer, offset = 0): ChangeTransaction | undefined {
    switch (payload[offset]) {
      case 0x42 /* B */: this.begin(payload, offset); return undefined;
      case 0x43 /* C */: return this.commit(payload, offset);
      case 0x49 /* I */: this.row(payload, offset, offset + 6, this.relation(u32(payload, offset + 1))); return undefined;
      case 0x55 /* U */: this.update(payload, offset); return undefined;
      case 0x44 /* D */: this.remove(payload, offset); return undefined;
      case 0x54 /* T */: this.truncate(payload, offset); return undefined;
      case 0x52 /* R */: this.describe(payload, offset); return undefined;
      case 0x4d /* M */: this.mark(markerOf(payload, offset)); return undefined;
      default: return undefined; // origin (O) and type (Y): nothing a row of text needs
    }
  }

  private begin(payload: Buffer, offset: number): void {
    // What comes first is where the commit record starts; the durable position is where it ends.
    this.open = { committedAtMs: postgresTimeMs(payload.readBigInt64BE(offset + 9)), xid: u32(payload, offset + 17), relations: this.relations, count: 0 };
    this.slab.start();
  }

  private commit(payload: Buffer, offset: number): ChangeTransaction | undefined {
    const { xid, committedAtMs, relations, count, marker } = this.current();
    this.open = undefined;
    if (count === 0 && marker === undefined) return undefined;
    const head = { commitLsn: payload.readBigUInt64BE(offset + 10) as Lsn, xid, committedAtMs, marker };
    return new PackedTransaction(head, { bytes: this.slab.finish(), count, snapshotRows: 0, relations, relationsAfter: this.relations });
  }

  private describe(payload: Buffer, offset: number): void {
    const reader = new ByteReader(payload, offset + 1);
    const id = reader.uint32();
    const ref = { schema: reader.cstring(), table: reader.cstring() };
    reader.skip(1); // replica identity: what the tuples carry says it better
    const all: RelationColumn[] = [];
    for (let left = reader.uint16(); left > 0; left -= 1) {
      reader.skip(1);
      all.push({ name: reader.cstring(), type: reader.uint32(), modifier: reader.uint32() | 0 });
    }
    this.remember(id, ref, all);
  }

  private remember(id: number, ref: TableRef, all: readonly RelationColumn[]): void {
    const captured = this.tables.get(tableName(ref));
    const replaced = this.isReplaced(id, ref);
    if (!replaced) this.noteName(id, ref);
    const key = captured?.key ?? [];
    const omitted = all.map(({ name }) => captured?.omit.has(name) === true);
    const relation: Relation = { ...ref, id, key, columns: all.filter((_, index) => omitted[index] !== true) };
    this.described.set(id, { relation, known: captured !== undefined, replaced, keyAt: key.map((column) => all.findIndex(({ name }) => name === column)), omitted: omitted.includes(true) ? omitted : undefined });
    if (captured === undefined) return;
    this.relations = new Map(this.relations).set(id, relation);
    if (this.open !== undefined) this.slab.add(describeRelation(relation));
  }

  private isReplaced(id: number, ref: TableRef): boolean {
    const now = this.names.get(id);
    return now !== undefined && now !== tableName(ref) && (this.pausing?.isReplaced(now) === true || this.pausing?.has(now) === true);
  }

  private nameBefore(id: number): string | undefined {
    const before = this.described.get(id);
    return before?.known === true ? tableName(before.relation) : undefined;
  }

  /** A table whose name is another than it was is no longer the one that its copy is of. */
  private noteName(id: number, ref: TableRef): void {
    const [name, was] = [tableName(ref), this.names.get(id) ?? this.nameBefore(id)];
    if (was === undefined || was === name || !this.tables.has(was)) return;
    if (!this.tables.has(name)) {
      this.pausing?.pause(was, renamed(ref, was), name); // else its first change says so
      return;
    }
    const problem = exchanged([{ now: name, was }], [name, was]);
    if (this.pausing?.pause(name, problem) !== true || !this.pausing.pause(was, problem)) throw problem;
  }

  private update(payload: Buffer, offset: number): void {
    const described = this.relation(u32(payload, offset + 1));
    const tagged = payload[offset + 5] !== 0x4e; // an old key (K) or an old row (O) comes before the new row (N)
    const before = tagged ? offset + 6 : -1;
    const after = tagged ? afterTuple(payload, before) + 1 : offset + 6;
    if (this.hasKey(described, payload, after, before)) this.row(payload, offset, after, described, before);
  }

  private remove(payload: Buffer, offset: number): void {
    const described = this.relation(u32(payload, offset + 1));
    if (this.hasKey(described, payload, offset + 6, -1)) this.row(payload, offset, offset + 6, described);
  }

  /** False for a table that is paused, for this reason or another. */
  private hasKey(described: Described, payload: Buffer, tuple: number, before: number): boolean {
    if (this.isPaused(described)) return false;
    const lacks = lackedKey(described, payload, tuple, before);
    if (lacks === undefined) return true;
    const problem = noKey(described.relation, lacks);
    if (this.pausing?.pause(tableName(described.relation), problem) === true) return false;
    throw problem;
  }

  private isPaused({ relation, replaced }: Described): boolean {
    return replaced || this.pausing !== undefined && this.pausing.size > 0 && (this.pausing.has(tableName(relation)) || this.pausing.isNow(tableName(relation)));
  }

  /** Notes a message whose last tuple begins at `tuple`, and an earlier one at `before`. */
  private row(payload: Buffer, offset: number, tuple: number, described: Described, before = -1): void {
    if (this.isPaused(described)) return;
    const { omitted } = described;
    this.current().count += 1;
    if (omitted === undefined) {
      this.slab.add(payload, offset);
    } else {
      const old = before < 0 ? [] : [...without(payload, before, omitted), payload.subarray(tuple - 1, tuple)];
      this.slab.add(Buffer.concat([payload.subarray(offset, before < 0 ? tuple : before), ...old, ...without(payload, tuple, omitted)]));
    }
  }

  private truncate(payload: Buffer, offset: number): void {
    const count = u32(payload, offset + 1);
    // CASCADE is already resolved: the server lists every table; RESTART IDENTITY is the source's own business
    const ids = Array.from({ length: count }, (_, index) => u32(payload, offset + 6 + 4 * index)).filter((id) => !this.isPaused(this.relation(id)));
    if (ids.length === 0) return;
    this.current().count += ids.length;
    if (ids.length === count) this.slab.add(payload, offset);
    else this.slab.add(truncateOf(ids));
  }

  private mark(content: string | undefined): void {
    if (content !== undefined) this.current().marker = content;
  }

  private relation(id: number): Described {
    const described = this.described.get(id);
    if (described === undefined) throw new Error(`pgoutput: relation ${String(id)} was never described`);
    if (!described.known && !this.isPaused(described)) throw renamed(described.relation);
    return described;
  }

  private current(): Open {
    if (this.open === undefined) throw new Error('pgoutput: a change outside a transaction');
    return this.open;
  }
}

/** `T | number of tables u32 | options u8 | id u32 …` */
function truncateOf(ids: readonly number[]): Buffer {
  const message = Buffer.alloc(6 + 4 * ids.length);
  message.write('T');
  message.writeUInt32BE(ids.length, 1);
  for (const [index, id] of ids.entries()) message.writeUInt32BE(id, 6 + 4 * index);
  return message;
}

/** A key column that is neither in the tuple nor, where it was not sent because it did not change, in the one before. */
function lackedKey({ relation, keyAt }: Described, payload: Buffer, tuple: number, before: number): string | undefined {
  for (const [index, column] of keyAt.entries()) {
    const kind = kindOf(payload, tuple, column);
    if (kind === TEXT_VALUE || (kind === UNCHANGED_VALUE && kindOf(payload, before, column) === TEXT_VALUE)) continue;
    return relation.key[index] ?? '';
  }
  return undefined;
}

/** How the tuple, if there is one, says a column. */
function kindOf(payload: Buffer, tuple: number, column: number): number | undefined {
  const at = tuple < 0 ? -1 : columnAt(payload, tuple, column);
  return at < 0 ? undefined : payload[at];
}

/** A tuple without the omitted columns. */
function without(payload: Buffer, tuple: number, omitted: readonly boolean[]): Buffer[] {
  const count = u16(payload, tuple);
  const kept: Buffer[] = [];
  let position = tuple + 2;
  for (let index = 0; index < count; index += 1) {
    const end = afterColumn(payload, position);
    if (omitted[index] !== true) kept.push(payload.subarray(position, end));
    position = end;
  }
  const header = Buffer.alloc(2);
  header.writeUInt16BE(kept.length);
  return [header, ...kept];
}

/** The content of a marker of ours. */
function markerOf(payload: Buffer, offset: number): string | undefined {
  const reader = new ByteReader(payload, offset + 1);
  const transactional = reader.uint8() === 1;
  reader.skip(8);
  return reader.cstring() === MARKER_PREFIX && transactional ? reader.text(reader.uint32()) : undefined;
}
