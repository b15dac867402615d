import type { RowText } from '../capture/change-event.ts';
import type { OutboundMessage } from '../log/publisher.ts';
import { domainEvent } from './domain-event.ts';

/**
 * An outbox row as Debezium's event router sends it, with the generated connector's settings (`strangler connect`): topic `<service>.<aggregatetype>`, key and
 * value as plain text. @throws StranglerError STR_BAD_OUTBOX_ROW
 */
export function outboundMessage(service: string, row: RowText): OutboundMessage {
  const { id, aggregateId, aggregateType, type } = domainEvent({ ...row, payload: null });
  const occurredAt = row['created_at'] == null ? undefined : zoned(row['created_at']);
  return {
    topic: `${service}.${aggregateType}`, key: aggregateId, value: row['payload'] ?? null,
    headers: { id, eventType: type, ...(occurredAt === undefined ? {} : { occurredAt }) },
  };
}

/** PostgreSQL's `2026-05-01 12:00:00.5+02` as Debezium's ZonedTimestamp, `2026-05-01T10:00:00.500000Z`: microseconds, in UTC. What is no such date stays as it is. */
function zoned(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-]\d\d)(?::?(\d\d))?$/.exec(text);
  if (parts === null) return text;
  const [, date = '', time = '', fraction = '', hours = '+00', minutes = '00'] = parts;
  const utc = new Date(`${date}T${time}${hours}:${minutes}`);
  return Number.isNaN(utc.getTime()) ? text : `${utc.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`;
}
