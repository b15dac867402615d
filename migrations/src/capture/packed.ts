import { ByteReader } from './byte-reader.ts';
import type { TableRef } from './change-event.ts';

export interface RelationColumn {
  readonly name: string;
  /** Type oid and modifier at the source; 0 and -1 where the changes did not come from pgoutput. */
  readonly type: number;
  readonly modifier: number;
}

/** A table as the changes that follow describe it: omitted columns are not there. */
export interface Relation extends TableRef {
  /** What messages call it: the table's oid at the source, or a number of our own. */
  readonly id: number;
  readonly columns: readonly RelationColumn[];
  /** Key columns by the config. */
  readonly key: readonly string[];
}

export type Relations = ReadonlyMap<number, Relation>;

/**
 * Changes as the bytes they came in, so that a row on its way to a table of the same shape never becomes JavaScript text. Each message is `length u32 | bytes`, and
 * the bytes are pgoutput's own (PostgreSQL docs, "Logical Replication Message Formats": I, U, D, T), with three differences: `R` describes a relation in a format of
 * ours (`describeRelation`); `S` is `relation u32 | rows u32 | COPY text`, rows of a snapshot; and an update of events that never were pgoutput says `k` for a key tuple
 * to be believed, where K and O say only what the key was. Read them with `unpack`, or with the walkers in tuple.ts.
 */
export interface PackedChanges {
  readonly bytes: Buffer;
  /** Events they come to. */
  readonly count: number;
  /** How many of them are rows of a snapshot. */
  readonly snapshotRows: number;
  /** What was described before the first message, and what is after the last. */
  readonly relations: Relations;
  readonly relationsAfter: Relations;
}

/** `R | id u32 | schema\0 | table\0 | columns u16 { name\0 type u32 modifier i32 } | key columns u16 { name\0 }` */
export function describeRelation({ id, schema, table, columns, key }: Relation): Buffer {
  const number = (value: number, bytes: 2 | 4): Buffer => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 2) buffer.writeUInt16BE(value); else buffer.writeInt32BE(value | 0);
    return buffer;
  };
  const text = (value: string): Buffer => Buffer.from(`${value}\0`);
  return Buffer.concat([
    Buffer.from('R'), number(id, 4), text(schema), text(table),
    number(columns.length, 2), ...columns.flatMap(({ name, type, modifier }) => [text(name), number(type, 4), number(modifier, 4)]),
    number(key.length, 2), ...key.map(text),
  ]);
}

export const withRelation = (relations: Relations, relation: Relation): Relations => new Map(relations).set(relation.id, relation);

export function relationOf(relations: Relations, id: number): Relation {
  const relation = relations.get(id);
  if (relation === undefined) throw new Error(`packed changes: relation ${String(id)} was never described`);
  return relation;
}

/** Reads what `describeRelation` wrote. */
export function parseRelation(bytes: Buffer, start: number): Relation {
  const reader = new ByteReader(bytes, start + 1);
  const id = reader.uint32();
  const [schema, table] = [reader.cstring(), reader.cstring()];
  const columns = Array.from({ length: reader.uint16() }, (): RelationColumn => ({ name: reader.cstring(), type: reader.uint32(), modifier: reader.uint32() | 0 }));
  return { id, schema, table, columns, key: Array.from({ length: reader.uint16() }, () => reader.cstring()) };
}
