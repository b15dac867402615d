import type { ChangeEvent, ColumnText, RowText } from './change-event.ts';
import { parseCopyRow } from './copy-text.ts';
import { parseRelation, relationOf, withRelation, type PackedChanges, type Relation, type Relations } from './packed.ts';
import { afterTuple, hasUnchanged, mergeTuples, NULL_VALUE, TEXT_VALUE, u16, u32 } from './tuple.ts';

/** The events that packed changes stand for, in order. */
export function unpack({ bytes, relations }: Pick<PackedChanges, 'bytes' | 'relations'>): ChangeEvent[] {
  const events: ChangeEvent[] = [];
  let known: Relations = relations;
  for (let at = 0; at < bytes.length; at += 4 + u32(bytes, at)) {
    const [start, end] = [at + 4, at + 4 + u32(bytes, at)];
    switch (bytes[start]) {
      case 0x52 /* R */: known = withRelation(known, parseRelation(bytes, start)); break;
      case 0x53 /* S */: snapshotRows(events, relationOf(known, u32(bytes, start + 1)), bytes.toString('utf8', start + 9, end)); break;
      case 0x54 /* T */: for (let next = start + 6; next < end; next += 4) { const { schema, table } = relationOf(known, u32(bytes, next)); events.push({ op: 'truncate', schema, table }); } break;
      default: events.push(rowChange(bytes, start, relationOf(known, u32(bytes, start + 1))));
    }
  }
  return events;
}

function snapshotRows(events: ChangeEvent[], { schema, table, columns }: Relation, copied: string): void {
  for (const line of copied.split('\n')) {
    if (line === '' && columns.length !== 1) continue; // behind the last line end
    events.push({ op: 'snapshot-read', schema, table, after: Object.fromEntries(parseCopyRow(line).map((value, index) => [columns[index]?.name ?? '', value])) });
  }
  if (columns.length === 1) events.pop();
}

/** An insert, update or delete. */
export function rowChange(bytes: Buffer, start: number, relation: Relation): ChangeEvent {
  const { schema, table } = relation;
  const tag = bytes[start + 5];
  switch (bytes[start]) {
    case 0x49 /* I */: return { op: 'create', schema, table, after: readTuple(bytes, start + 6, relation) };
    case 0x44 /* D */: return { op: 'delete', schema, table, keyBefore: keyOf(relation, readTuple(bytes, start + 6, relation)) };
    default: return tag === 0x4e /* N */ ? updated(relation, bytes, start + 6) : updatedFrom(relation, bytes, start + 6, tag);
  }
}

function updatedFrom(relation: Relation, bytes: Buffer, before: number, tag: number | undefined): ChangeEvent {
  const after = afterTuple(bytes, before) + 1;
  const old = readTuple(bytes, before, relation);
  if (tag === 0x6b /* k */) return { ...updated(relation, bytes, after), keyBefore: keyOf(relation, old) } as ChangeEvent;
  const merged = filled(relation, bytes, after, before, tag);
  const change = merged === undefined ? updated(relation, bytes, after) : updated(relation, merged, 0);
  const row = 'after' in change ? change.after : {};
  return relation.key.some((column) => old[column] !== row[column]) ? { ...change, keyBefore: keyOf(relation, old) } as ChangeEvent : change;
}

/** A whole old row (REPLICA IDENTITY FULL) knows what the new one left out; a key tuple knows at least the key. Undefined when nothing was left out. */
export function filled({ columns, key }: Relation, bytes: Buffer, after: number, before: number, tag: number | undefined): Buffer | undefined {
  if (!hasUnchanged(bytes, after)) return undefined;
  return mergeTuples(bytes, after, bytes, before, (index) => tag === 0x4f /* O */ || key.includes(columns[index]?.name ?? ''));
}

function updated(relation: Relation, bytes: Buffer, at: number): ChangeEvent {
  const { schema, table, columns } = relation;
  const after = readTuple(bytes, at, relation);
  const left = hasUnchanged(bytes, at) ? columns.filter(({ name }) => after[name] === undefined).map(({ name }) => name) : [];
  return { op: 'update', schema, table, after, ...(left.length === 0 ? {} : { unchanged: left }) };
}

const keyOf = ({ key }: Relation, row: RowText): RowText => Object.fromEntries(key.map((column) => [column, row[column] ?? null]));

function readTuple(bytes: Buffer, at: number, { columns }: Relation): RowText {
  const row: Record<string, ColumnText> = {};
  let position = at + 2;
  for (let index = 0; index < u16(bytes, at); index += 1) {
    const name = columns[index]?.name ?? '';
    const kind = bytes[position];
    const length = kind === TEXT_VALUE ? u32(bytes, position + 1) : 0;
    if (kind === TEXT_VALUE) row[name] = bytes.toString('utf8', position + 5, position + 5 + length);
    else if (kind === NULL_VALUE) row[name] = null;
    position += kind === TEXT_VALUE ? 5 + length : 1;
  }
  return row;
}
