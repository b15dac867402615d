import { StranglerError } from '@strangler/kernel';
import type { RowText } from '../capture/change-event.ts';

/** What happened in the business, as a service tells it. `id` is what makes a consumer idempotent. */
export interface DomainEvent {
  readonly id: string;
  /** The kind of thing it happened to, `product`: events are routed by it. */
  readonly aggregateType: string;
  /** Which one: events of one aggregate keep their order. */
  readonly aggregateId: string;
  readonly type: string;
  readonly payload: unknown;
}

/** Debezium's column names for an outbox (its Outbox Event Router), one row per event. @throws StranglerError STR_BAD_OUTBOX_ROW */
export function domainEvent(row: RowText): DomainEvent {
  const { id, aggregatetype, aggregateid, type, payload } = row;
  if (id == null || aggregatetype == null || aggregateid == null || type == null) {
    throw new StranglerError({ code: 'STR_BAD_OUTBOX_ROW', exitCode: 1, message: `An outbox row lacks id, aggregatetype, aggregateid or type: ${JSON.stringify(row)}.`, remedy: 'Create the table with outboxTable(), or with Debezium\'s columns.' });
  }
  return { id, aggregateType: aggregatetype, aggregateId: aggregateid, type, payload: payload == null ? null : JSON.parse(payload) as unknown };
}
