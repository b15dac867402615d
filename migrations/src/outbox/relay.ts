import type pg from 'pg';
import { parseTableRef, quoteName, quoteTable } from '../capture/table-ref.ts';
import { domainEvent, type DomainEvent } from './domain-event.ts';

/** Where events go: a broker's topic, another service. Resolves when the event is safe there; called again with the same event after a crash. */
export type Publish = (event: DomainEvent) => Promise<void>;

export interface TableRelayOptions {
  /** A connection of its own: it is in a transaction while events are published. */
  readonly client: pg.ClientBase;
  readonly publish: Publish;
  readonly table?: string;
  readonly batchSize?: number;
}

/**
 * Publishes one batch straight from the table and deletes it, for services without logical replication. Several relays may run at once (each skips what another
 * has locked), a row is never missed (it is looked for until it is gone), and never deleted before it was published. The order is that of `created_at`: good within
 * a transaction, a guess between transactions that overlap. Returns how many it published; 0 means there is nothing now.
 */
export async function relayFromTable({ client, publish, table = 'outbox', batchSize = 100 }: TableRelayOptions): Promise<number> {
  const name = quoteTable(parseTableRef(table));
  const columns = ['id', 'aggregatetype', 'aggregateid', 'type', 'payload'].map((column) => `${quoteName(column)}::text AS ${quoteName(column)}`).join(', ');
  await client.query('BEGIN');
  try {
    const { rows } = await client.query<Record<string, string | null> & { id: string }>(`SELECT ${columns} FROM ${name} ORDER BY created_at, ${name}.id LIMIT $1 FOR UPDATE SKIP LOCKED`, [batchSize]);
    for (const row of rows) await publish(domainEvent(row));
    await client.query(`DELETE FROM ${name} WHERE id = ANY ($1::uuid[])`, [rows.map(({ id }) => id)]);
    await client.query('COMMIT');
    return rows.length;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/**
 * Makes a consumer idempotent: `act` runs in one transaction with the note that the event was dealt with, so it takes effect once however often the event comes.
 * Returns false when it had been dealt with before.
 */
export async function consumeOnce(client: pg.ClientBase, { id }: Pick<DomainEvent, 'id'>, act: (client: pg.ClientBase) => Promise<void>, inbox = 'inbox'): Promise<boolean> {
  await client.query('BEGIN');
  try {
    const { rowCount } = await client.query(`INSERT INTO ${quoteTable(parseTableRef(inbox))} (event_id) VALUES ($1) ON CONFLICT DO NOTHING`, [id]);
    if (rowCount === 1) await act(client);
    await client.query('COMMIT');
    return rowCount === 1;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
