import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('report_daily_sales', (table) => {
    table.date('day').notNullable();
    table.bigInteger('category_id').notNullable().references('id').inTable('categories').onDelete('CASCADE');
    table.integer('orders').notNullable();
    table.integer('units').notNullable();
    table.bigInteger('revenue_cents').notNullable();
    table.integer('customers').notNullable();
    table.specificType('average_rating', 'numeric(3,1)');
    table.integer('shipped').notNullable().defaultTo(0);
    table.bigInteger('refunded_cents').notNullable().defaultTo(0);
    table.timestamp('computed_at', { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.primary(['day', 'category_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('report_daily_sales');
}
