import { textRows, withConnection } from '../capture/connect.ts';
import { parkedEvents, type ParkedEvent } from './relay-place.ts';

/** Events of a service's outbox that were put aside, in their order. */
export const parkedOf = (url: string, service: string): Promise<ParkedEvent[]> => withConnection(url, 'source', async (client) => {
  const [there] = await textRows<'there'>(client, "SELECT to_regclass('strangler.relay_parked') AS there");
  return there?.there == null ? [] : parkedEvents(client, service);
});

/** Gives a parked event up; the row stays as the record of it. */
export async function discardParked(url: string, service: string, eventId: string, by: string, because: string): Promise<void> {
  await withConnection(url, 'source', (client) => client.query(
    'UPDATE strangler.relay_parked SET discarded_at = now(), discarded_by = $3, discarded_because = $4 WHERE service = $1 AND event_id = $2 AND discarded_at IS NULL', [service, eventId, by, because]));
}
