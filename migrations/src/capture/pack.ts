import type { ChangeEvent, ColumnText, RowText } from './change-event.ts';
import { describeRelation, type PackedChanges, type Relation } from './packed.ts';
import { NULL_VALUE, TEXT_VALUE, UNCHANGED_VALUE } from './tuple.ts';

/** The packed form of events that came as text; `unpack` gives back what went in. */
export function pack(events: readonly ChangeEvent[]): PackedChanges {
  const messages: Buffer[] = [];
  const known = new Map<string, Relation>();
  for (const event of events) {
    const shape = shapeOf(event);
    const signature = JSON.stringify(shape);
    let relation = known.get(signature);
    if (relation === undefined) {
      relation = { ...shape, id: known.size + 1 };
      known.set(signature, relation);
      messages.push(sized(describeRelation(relation)));
    }
    messages.push(sized(messageOf(event, relation)));
  }
  return {
    bytes: Buffer.concat(messages), count: events.length, snapshotRows: events.filter(({ op }) => op === 'snapshot-read').length,
    relations: new Map(), relationsAfter: new Map([...known.values()].map((relation) => [relation.id, relation])),
  };
}

const sized = (message: Buffer): Buffer => Buffer.concat([uint32(message.length), message]);

function shapeOf(event: ChangeEvent): Omit<Relation, 'id'> {
  const { schema, table } = event;
  const key = 'keyBefore' in event ? Object.keys(event.keyBefore) : [];
  const row = 'after' in event ? Object.keys(event.after) : [];
  const unchanged = event.op === 'update' ? event.unchanged ?? [] : [];
  const names = [...new Set([...row, ...key, ...unchanged])];
  return { schema, table, key, columns: names.map((name) => ({ name, type: 0, modifier: -1 })) };
}

function messageOf(event: ChangeEvent, relation: Relation): Buffer {
  const id = uint32(relation.id);
  switch (event.op) {
    case 'create': return Buffer.concat([Buffer.from('I'), id, Buffer.from('N'), tupleOf(event.after, relation)]);
    case 'snapshot-read': return Buffer.concat([Buffer.from('S'), id, uint32(1), copyLine(relation.columns.map(({ name }) => event.after[name] ?? null))]);
    case 'delete': return Buffer.concat([Buffer.from('D'), id, Buffer.from('K'), tupleOf(event.keyBefore, relation)]);
    case 'truncate': return Buffer.concat([Buffer.from('T'), uint32(1), Buffer.of(0), id]);
    case 'update': return Buffer.concat([Buffer.from('U'), id, ...(event.keyBefore === undefined ? [] : [Buffer.from('k'), tupleOf(event.keyBefore, relation)]), Buffer.from('N'), tupleOf(event.after, relation)]);
  }
}

function tupleOf(row: RowText, { columns }: Relation): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(columns.length);
  return Buffer.concat([count, ...columns.map(({ name }) => {
    const value = row[name];
    if (value === undefined) return Buffer.of(UNCHANGED_VALUE);
    if (value === null) return Buffer.of(NULL_VALUE);
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.of(TEXT_VALUE), uint32(text.length), text]);
  })]);
}

const LETTERS: Readonly<Record<string, string>> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v', '\\': '\\' };
const copyLine = (values: readonly ColumnText[]): Buffer =>
  Buffer.from(`${values.map((value) => (value === null ? '\\N' : value.replaceAll(/[\b\f\n\r\t\v\\]/g, (letter) => `\\${LETTERS[letter] ?? letter}`))).join('\t')}\n`);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
