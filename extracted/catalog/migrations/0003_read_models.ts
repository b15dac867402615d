import type { Knex } from 'knex';

/**
 * Copies of what other contexts own, kept up to date by replication; nothing in this service writes them. No foreign keys into
 * products: a rule or a review may arrive before its product does, and a copy has no say in what may exist.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('price_rules', (table) => {
    table.bigInteger('id').primary();
    table.bigInteger('category_id').index();
    table.bigInteger('product_id').index();
    table.integer('percent_off').notNullable();
    table.timestamp('starts_at', { useTz: true }).notNullable();
    table.timestamp('ends_at', { useTz: true });
    table.boolean('active').notNullable();
  });

  await knex.schema.createTable('stock_levels', (table) => {
    table.bigInteger('product_id').primary();
    table.integer('on_hand').notNullable();
    table.integer('reserved').notNullable();
  });

  // The monolith's `reviews` without its prose and its author: a rating average needs neither, and what is not here cannot leak.
  await knex.schema.createTable('review_ratings', (table) => {
    table.bigInteger('id').primary();
    table.bigInteger('product_id').notNullable().index();
    table.integer('stars').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['review_ratings', 'stock_levels', 'price_rules']) await knex.schema.dropTable(table);
}
