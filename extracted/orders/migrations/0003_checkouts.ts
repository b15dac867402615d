import type { Knex } from 'knex';

/** The saga's memory. A row says what is about to be done; whoever finds it unattended can go on from there. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('checkouts', (table) => {
    // The name under which every collaborator knows this checkout.
    table.text('key').primary();
    table.bigInteger('user_id').notNullable();
    table.text('idempotency_key');
    table.text('phase').notNullable();
    table.jsonb('state').notNullable();
    table.bigInteger('order_id').unique();
    // Goes up with each step: of two that think they own the checkout, only one can write.
    table.integer('version').notNullable().defaultTo(0);
    table.timestamp('leased_until', { useTz: true }).notNullable();
    table.integer('attempts').notNullable().defaultTo(0);
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.unique(['user_id', 'idempotency_key']);
  });
  await knex.raw("create index checkouts_unfinished on checkouts (leased_until) where phase not in ('confirmed', 'undone')");
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('checkouts');
}
