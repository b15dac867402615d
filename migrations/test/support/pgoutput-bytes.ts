import type { ChangeEvent, RowText } from '@strangler/migrations';

/** Bytes as a server sends them (PostgreSQL docs, "Logical Replication Message Formats"). */
export const u8 = (value: number): Buffer => Buffer.of(value);
export const u16 = (value: number): Buffer => { const bytes = Buffer.alloc(2); bytes.writeUInt16BE(value); return bytes; };
export const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };
export const u64 = (value: bigint): Buffer => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(value); return bytes; };
export const text = (value: string): Buffer => Buffer.from(value);
export const cstring = (value: string): Buffer => Buffer.from(`${value}\0`);
export const message = (tag: string, ...parts: Buffer[]): Buffer => Buffer.concat([text(tag), ...parts]);

export const UNCHANGED = Symbol('unchanged');
export type Field = string | null | typeof UNCHANGED;
const field = (value: Field): Buffer => (value === null ? text('n') : value === UNCHANGED ? text('u') : Buffer.concat([text('t'), u32(Buffer.byteLength(value)), text(value)]));
export const tuple = (...fields: Field[]): Buffer => Buffer.concat([u16(fields.length), ...fields.map(field)]);
export const relation = (oid: number, name: string, columns: readonly string[]): Buffer =>
  message('R', u32(oid), cstring('public'), cstring(name), text('d'), u16(columns.length), ...columns.map((column) => Buffer.concat([u8(0), cstring(column), u32(25), u32(0)])));

export const BEGIN = message('B', u64(900n), u64(1_000_000n), u32(77));
export const COMMIT = message('C', u8(0), u64(900n), u64(1_000n), u64(1_000_000n));

export interface SentTable {
  readonly oid: number;
  readonly table: string;
  readonly columns: readonly string[];
}

/** The messages of one transaction with these events. */
export function sent(events: readonly ChangeEvent[], tables: readonly SentTable[]): Buffer[] {
  const tableOf = ({ table }: ChangeEvent): SentTable => tables.find((each) => each.table === table) ?? (() => { throw new Error(table); })();
  return [BEGIN, ...tables.map(({ oid, table, columns }) => relation(oid, table, columns)), ...events.map((event) => messageOf(event, tableOf(event))), COMMIT];
}

function messageOf(event: ChangeEvent, { oid, columns }: SentTable): Buffer {
  const whole = (row: RowText): Buffer => tuple(...columns.map((name) => { const value = row[name]; return value === undefined ? UNCHANGED : value; }));
  const key = (row: RowText): Buffer => tuple(...columns.map((name) => row[name] ?? null));
  switch (event.op) {
    case 'create': return message('I', u32(oid), text('N'), whole(event.after));
    case 'update': return message('U', u32(oid), ...(event.keyBefore === undefined ? [] : [text('K'), key(event.keyBefore)]), text('N'), whole(event.after));
    case 'delete': return message('D', u32(oid), text('K'), key(event.keyBefore));
    case 'truncate': return message('T', u32(1), u8(0), u32(oid));
    case 'snapshot-read': throw new Error('no snapshot in a stream');
  }
}
