import { ExitCode, StranglerError } from '@strangler/kernel';
import { ByteReader } from './byte-reader.ts';
import type { ChangeEvent, ColumnText, RowText, TableRef } from './change-event.ts';
import type { Lsn } from './lsn.ts';
import { tableName, type CapturedTables } from './table-ref.ts';

/** The prefix of our own logical messages; others' are not for us. */
export const MARKER_PREFIX = 'strangler';

/** One message of the pgoutput stream, as far as replication needs it. */
export type PgoutputMessage =
  | { readonly kind: 'begin'; readonly xid: number; readonly committedAtMs: number }
  | { readonly kind: 'commit'; readonly endLsn: Lsn }
  | { readonly kind: 'changes'; readonly events: readonly ChangeEvent[] }
  | { readonly kind: 'marker'; readonly content: string }
  | { readonly kind: 'none' };

interface Relation extends TableRef {
  /** Undefined where the column is omitted by the config. */
  readonly columns: readonly (string | undefined)[];
  readonly key: readonly string[];
  /** False for what is only described: a partition, whose changes come under its root's name. */
  readonly known: boolean;
}

interface Tuple {
  readonly row: Record<string, ColumnText>;
  readonly hasUnchanged: boolean;
}

/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000n;
export const postgresTimeMs = (microseconds: bigint): number => Number(microseconds / 1000n + POSTGRES_EPOCH_MS);

const NOTHING: PgoutputMessage = { kind: 'none' };

/**
 * Decodes pgoutput, protocol version 1 (PostgreSQL docs, "Logical Replication Message Formats"). One decoder per connection: it remembers the relations the
 * server has described. Values stay the text the server sent.
 */
export class PgoutputDecoder {
  private readonly tables: CapturedTables;
  private readonly relations = new Map<number, Relation>();

  constructor(tables: CapturedTables) {
    this.tables = tables;
  }

  /** @throws StranglerError STR_NO_KEY when an update or delete cannot name its row, STR_TABLES_CHANGED when a published table is none of ours. */
  decode(payload: Buffer, offset = 0): PgoutputMessage {
    const reader = new ByteReader(payload, offset);
    switch (reader.letter()) {
      case 'B': return decodeBegin(reader);
      case 'C': reader.skip(1 + 8); return { kind: 'commit', endLsn: reader.uint64() as Lsn };
      case 'I': return this.insert(reader);
      case 'U': return this.update(reader);
      case 'D': return this.remove(reader);
      case 'T': return this.truncate(reader);
      case 'R': return this.describe(reader);
      case 'M': return decodeMarker(reader);
      default: return NOTHING; // origin (O) and type (Y): nothing a row of text needs
    }
  }

  private describe(reader: ByteReader): PgoutputMessage {
    const oid = reader.uint32();
    const ref = { schema: reader.cstring(), table: reader.cstring() };
    reader.skip(1); // replica identity: what the tuples carry says it better
    const captured = this.tables.get(tableName(ref));
    const columns: (string | undefined)[] = [];
    for (let left = reader.uint16(); left > 0; left -= 1) {
      reader.skip(1);
      const name = reader.cstring();
      reader.skip(4 + 4);
      columns.push(captured?.omit.has(name) === true ? undefined : name);
    }
    this.relations.set(oid, { ...ref, columns, key: captured?.key ?? [], known: captured !== undefined });
    return NOTHING;
  }

  private insert(reader: ByteReader): PgoutputMessage {
    const relation = this.relation(reader.uint32());
    reader.skip(1);
    const { row } = readTuple(reader, relation.columns);
    return changes({ op: 'create', schema: relation.schema, table: relation.table, after: row });
  }

  private update(reader: ByteReader): PgoutputMessage {
    const relation = this.relation(reader.uint32());
    const tag = reader.letter();
    if (tag === 'N') return updated(relation, readTuple(reader, relation.columns), undefined);
    const before = readTuple(reader, relation.columns).row;
    reader.skip(1);
    const after = readTuple(reader, relation.columns);
    // A whole old row (REPLICA IDENTITY FULL) knows what the new one left out; a key tuple knows at least the key.
    if (after.hasUnchanged) fill(after.row, before, tag === 'O' ? relation.columns : relation.key);
    return updated(relation, after, before);
  }

  private remove(reader: ByteReader): PgoutputMessage {
    const relation = this.relation(reader.uint32());
    reader.skip(1);
    const { row } = readTuple(reader, relation.columns);
    return changes({ op: 'delete', schema: relation.schema, table: relation.table, keyBefore: keyOf(relation, row) });
  }

  private truncate(reader: ByteReader): PgoutputMessage {
    const count = reader.uint32();
    reader.skip(1); // CASCADE is already resolved: the server lists every table; RESTART IDENTITY is the source's own business
    const relations = Array.from({ length: count }, () => this.relation(reader.uint32()));
    return changes(...relations.map(({ schema, table }) => ({ op: 'truncate', schema, table }) as const));
  }

  private relation(oid: number): Relation {
    const relation = this.relations.get(oid);
    if (relation === undefined) throw new Error(`pgoutput: relation ${String(oid)} was never described`);
    if (!relation.known) throw renamed(relation);
    return relation;
  }
}

const changes = (...events: ChangeEvent[]): PgoutputMessage => ({ kind: 'changes', events });

function updated(relation: Relation, { row: after, hasUnchanged }: Tuple, before: RowText | undefined): PgoutputMessage {
  const { schema, table, key, columns } = relation;
  requireKey(relation, after);
  const moved = before !== undefined && key.some((column) => before[column] !== after[column]);
  const left = hasUnchanged ? columns.filter((column) => column !== undefined && after[column] === undefined) as string[] : [];
  return changes({
    op: 'update', schema, table, after,
    ...(moved ? { keyBefore: keyOf(relation, before) } : {}), ...(left.length === 0 ? {} : { unchanged: left }),
  });
}

function requireKey({ schema, table, key }: Relation, row: RowText): void {
  for (const column of key) if (row[column] === undefined || row[column] === null) throw noKey({ schema, table }, column);
}

function keyOf(relation: Relation, row: RowText): RowText {
  requireKey(relation, row);
  return Object.fromEntries(relation.key.map((column) => [column, row[column] ?? null]));
}

function fill(row: Record<string, ColumnText>, from: RowText, columns: readonly (string | undefined)[]): void {
  for (const column of columns) {
    const known = column === undefined ? undefined : from[column];
    if (column !== undefined && known !== undefined && row[column] === undefined) row[column] = known;
  }
}

function readTuple(reader: ByteReader, columns: readonly (string | undefined)[]): Tuple {
  const row: Record<string, ColumnText> = {};
  let hasUnchanged = false;
  const count = reader.uint16();
  for (let index = 0; index < count; index += 1) {
    const name = columns[index];
    const kind = reader.uint8();
    if (kind === 0x74 /* t: text */) {
      const length = reader.uint32();
      if (name === undefined) reader.skip(length);
      else row[name] = reader.text(length);
    } else if (kind === 0x6e /* n: NULL */) {
      if (name !== undefined) row[name] = null;
    } else {
      hasUnchanged = true; // u: a TOASTed value that did not change is not in the WAL
    }
  }
  return { row, hasUnchanged };
}

function decodeBegin(reader: ByteReader): PgoutputMessage {
  reader.skip(8); // where the commit record starts; the durable position is where it ends
  const committedAtMs = postgresTimeMs(reader.int64());
  return { kind: 'begin', committedAtMs, xid: reader.uint32() };
}

function decodeMarker(reader: ByteReader): PgoutputMessage {
  const transactional = reader.uint8() === 1;
  reader.skip(8);
  if (reader.cstring() !== MARKER_PREFIX || !transactional) return NOTHING;
  return { kind: 'marker', content: reader.text(reader.uint32()) };
}

/** The publication names our tables and no other, so a table we do not know is one of them that was renamed; to pass it over would lose its changes in silence. */
const renamed = (ref: TableRef): StranglerError => new StranglerError({
  code: 'STR_TABLES_CHANGED',
  message: `The source sends changes of ${tableName(ref)}, which the config does not name: a replicated table was renamed, or somebody changed the publication.`,
  remedy: 'Write the new name into the config (`into` keeps the target\'s), remove the replication (`strangler replicate --remove`) and start it again with a new snapshot.',
  exitCode: ExitCode.environment,
});

const noKey = (ref: TableRef, column: string): StranglerError => new StranglerError({
  code: 'STR_NO_KEY',
  message: `A change of ${tableName(ref)} came without its key column ${column}: the row it means cannot be named.`,
  remedy: `Give the table a replica identity that holds the key (its primary key, or ALTER TABLE … REPLICA IDENTITY USING INDEX …), then copy the table again.`,
  exitCode: ExitCode.environment,
});
