import type { Knex } from 'knex';

/** For a service's migration: the table whose rows are written in the transaction that makes them true, with the columns of Debezium's outbox event router. */
export async function outboxTable(knex: Knex, name = 'outbox'): Promise<void> {
  await knex.schema.createTable(name, (table) => {
    table.uuid('id').primary().defaultTo(knex.raw('gen_random_uuid()'));
    table.text('aggregatetype').notNullable();
    table.text('aggregateid').notNullable();
    table.text('type').notNullable();
    table.jsonb('payload').notNullable();
    // When it was written, not when its transaction began: writers that wait for one another's rows are in this order.
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(knex.raw('clock_timestamp()')).index();
  });
}

/** For a consumer's migration: the events it has dealt with. */
export async function inboxTable(knex: Knex, name = 'inbox'): Promise<void> {
  await knex.schema.createTable(name, (table) => {
    table.uuid('event_id').primary();
    table.timestamp('consumed_at', { useTz: true }).notNullable().defaultTo(knex.fn.now()).index();
  });
}
