import type { Knex } from 'knex';

/** Copies of what other contexts own, for showing an order. No foreign keys to or from them: they may arrive in any order. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema
    // The monolith's `users`: a name to print, and nothing with which anybody could log in.
    .createTable('customers', (table) => {
      table.bigInteger('id').primary();
      table.text('name').notNullable();
    })
    .createTable('products', (table) => {
      table.bigInteger('id').primary();
      table.text('sku').notNullable();
      table.text('name').notNullable();
    })
    .createTable('promotions', (table) => {
      table.bigInteger('id').primary();
      table.text('code').notNullable();
    })
    .createTable('payments', (table) => {
      table.bigInteger('id').primary();
      table.bigInteger('order_id').notNullable().index();
      table.text('method').notNullable();
      table.text('status').notNullable();
      table.integer('amount_cents').notNullable();
      table.text('reference').notNullable();
      table.timestamp('created_at', { useTz: true }).notNullable();
      table.timestamp('captured_at', { useTz: true });
    })
    .createTable('shipments', (table) => {
      table.bigInteger('id').primary();
      table.bigInteger('order_id').notNullable().index();
      table.text('carrier').notNullable();
      table.text('tracking_number').notNullable();
      table.text('status').notNullable();
      table.timestamp('shipped_at', { useTz: true }).notNullable();
      table.timestamp('delivered_at', { useTz: true });
    });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['shipments', 'payments', 'promotions', 'products', 'customers']) await knex.schema.dropTable(table);
}
