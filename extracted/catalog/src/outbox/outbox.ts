import type { Knex } from 'knex';
import type { DomainEvent } from '../domain/events.ts';

/** A row of the outbox, named as Debezium's event router wants it; `id` and `created_at` come from the database. */
export interface OutboxRow {
  readonly aggregatetype: 'product' | 'category';
  /** Becomes the message key: all events of one aggregate stay in order. */
  readonly aggregateid: string;
  readonly type: DomainEvent['type'];
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The published shape of an event; changing a field here changes a contract. */
export function toOutboxRow(event: DomainEvent): OutboxRow {
  const { type, by } = event;
  if (type === 'CategoryCreated') {
    const { category } = event;
    return { aggregatetype: 'category', aggregateid: String(category.id), type, payload: { ...category, by } };
  }
  const changed = type === 'ProductChanged' ? { changed: event.changed } : {};
  return { aggregatetype: 'product', aggregateid: String(event.product.id), type, payload: { ...event.product, ...changed, by } };
}

/** Writes the event beside the rows it tells of. `transaction` must be theirs: an event without its rows, or rows without it, is a lie. */
export async function publish(transaction: Knex.Transaction, event: DomainEvent): Promise<void> {
  const { payload, ...row } = toOutboxRow(event);
  await transaction('outbox').insert({ ...row, payload: JSON.stringify(payload) });
}
