import type { Knex } from 'knex';

/** Columns as Debezium's outbox event router expects them, so that any relay that speaks its dialect can publish the rows. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('outbox', (table) => {
    table.uuid('id').primary().defaultTo(knex.raw('gen_random_uuid()'));
    table.text('aggregatetype').notNullable();
    table.text('aggregateid').notNullable();
    table.text('type').notNullable();
    table.jsonb('payload').notNullable();
    // When it was written, not when its transaction began: writers that wait for one another's rows are in this order.
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(knex.raw('clock_timestamp()')).index();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('outbox');
}
