import type { ChangeEvent, ChangeTransaction, RowText, TableRef } from './change-event.ts';
import { UNAVAILABLE } from './envelope-values.ts';
import { MARKER_PREFIX } from './pgoutput.ts';
import { tableName } from './table-ref.ts';

/** One message as Debezium would send it; values stay text. */
export interface PrintedMessage {
  readonly topic: string;
  readonly key: Readonly<Record<string, unknown>> | null;
  readonly value: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PrintOptions {
  /** Debezium's `topic.prefix`: the replication's name. */
  readonly prefix: string;
  /** Key columns by `schema.table`: a created row does not say which of its columns are its key. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

/**
 * A whole transaction Debezium-shaped: its changes in order, a marker if it carries one, and the END that says how many events there were. For people who read a
 * log (`strangler replay --print`), for other tools, and for a Kafka topic of our own.
 */
export function toEnvelopes(transaction: ChangeTransaction, options: PrintOptions): PrintedMessage[] {
  const changes = transaction.events.flatMap((event) => eventMessages(event, options));
  const marker = transaction.marker === undefined ? [] : [markerMessage(transaction.marker, options)];
  const messages = [...changes, ...marker].map((message, index) => ({ ...message, value: { ...message.value, ...context(message, transaction, options, index + 1) } }));
  return [...messages, endOf(transaction, messages, options)];
}

type Draft = PrintedMessage & { readonly ref?: TableRef };

function eventMessages(event: ChangeEvent, options: PrintOptions): Draft[] {
  const ref: TableRef = { schema: event.schema, table: event.table };
  const draft = (op: string, before: RowText | null, after: RowText | null, key: RowText | null, headers: Record<string, string> = {}): Draft =>
    ({ ref, topic: topicName(`${options.prefix}.${tableName(ref)}`), key, value: { before, after, op }, headers });
  const keyOf = (row: RowText): RowText => Object.fromEntries((options.keys.get(tableName(ref)) ?? []).map((column) => [column, row[column] ?? null]));
  switch (event.op) {
    case 'snapshot-read': return [draft('r', null, event.after, keyOf(event.after))];
    case 'create': return [draft('c', null, event.after, keyOf(event.after))];
    case 'delete': return [draft('d', event.keyBefore, null, event.keyBefore)];
    case 'truncate': return [draft('t', null, null, null)];
    case 'update': {
      const after = { ...event.after, ...Object.fromEntries((event.unchanged ?? []).map((column) => [column, UNAVAILABLE])) };
      return event.keyBefore === undefined ? [draft('u', null, after, keyOf(after))] : [
        draft('d', event.keyBefore, null, event.keyBefore, { '__debezium.newkey': JSON.stringify(keyOf(after)) }),
        draft('c', null, after, keyOf(after), { '__debezium.oldkey': JSON.stringify(event.keyBefore) }),
      ];
    }
  }
}

/** Kafka allows letters, digits, dot, dash and underscore; Debezium puts an underscore in the place of anything else, and so do we. */
export const topicName = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]/g, '_');

const markerMessage = (content: string, { prefix }: PrintOptions): Draft => ({
  topic: `${prefix}.message`, key: { prefix: MARKER_PREFIX }, headers: {}, value: { op: 'm', message: { prefix: MARKER_PREFIX, content: Buffer.from(content).toString('base64') } },
});

function context({ ref }: Draft, { commitLsn, xid, committedAtMs }: ChangeTransaction, { prefix }: PrintOptions, order: number): Record<string, unknown> {
  return {
    source: { connector: 'postgresql', name: prefix, ts_ms: committedAtMs, schema: ref?.schema ?? '', table: ref?.table ?? '', txId: xid, lsn: commitLsn.toString() },
    ts_ms: committedAtMs,
    transaction: { id: `${String(xid)}:${commitLsn.toString()}`, total_order: order },
  };
}

const endOf = ({ commitLsn, xid, committedAtMs }: ChangeTransaction, messages: readonly PrintedMessage[], { prefix }: PrintOptions): PrintedMessage => {
  const id = `${String(xid)}:${commitLsn.toString()}`;
  return { topic: `${prefix}.transaction`, key: { id }, headers: {}, value: { status: 'END', id, ts_ms: committedAtMs, event_count: messages.length } };
};
