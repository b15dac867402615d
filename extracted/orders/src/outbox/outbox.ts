import type { Knex } from 'knex';
import type { Payment, Progress } from '../domain/order.ts';
import type { Line, Totals } from '../domain/totals.ts';

/** What happened to an order, for whoever wants to know. */
export type DomainEvent =
  | {
      readonly type: 'OrderPlaced';
      readonly order: { readonly id: number; readonly userId: number; readonly promotionId: number | null } & Totals;
      readonly lines: readonly Line[];
      readonly payment: Payment;
    }
  | { readonly type: 'OrderCancelled'; readonly order: { readonly id: number; readonly userId: number }; readonly by: number }
  | { readonly type: 'OrderProgressed'; readonly order: { readonly id: number; readonly userId: number }; readonly to: Progress; readonly by: number };

/** A row of the outbox, named as Debezium's event router wants it; `id` and `created_at` come from the database. */
export interface OutboxRow {
  readonly aggregatetype: 'order';
  /** Becomes the message key: all events of one order stay in order. */
  readonly aggregateid: string;
  readonly type: DomainEvent['type'];
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The published shape of an event; changing a field here changes a contract. */
export function toOutboxRow(event: DomainEvent): OutboxRow {
  const { type, order, ...rest } = event;
  const { id, ...fields } = order;
  return { aggregatetype: 'order', aggregateid: String(id), type, payload: { orderId: id, ...fields, ...rest } };
}

/** Writes the event beside the rows it tells of; `transaction` must be theirs. */
export async function publish(transaction: Knex.Transaction, event: DomainEvent): Promise<void> {
  const { payload, ...row } = toOutboxRow(event);
  await transaction('outbox').insert({ ...row, payload: JSON.stringify(payload) });
}
