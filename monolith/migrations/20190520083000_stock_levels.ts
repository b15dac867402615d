import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('stock_levels', (table) => {
    table.bigInteger('product_id').primary().references('id').inTable('products').onDelete('CASCADE');
    table.text('warehouse').notNullable().defaultTo('main');
    table.integer('on_hand').notNullable().defaultTo(0);
    table.integer('reserved').notNullable().defaultTo(0);
  });
  // The last line of defence against overselling: whatever the code does, nobody reserves what is not there.
  await knex.raw('alter table stock_levels add constraint stock_levels_sane check (reserved >= 0 and on_hand >= reserved)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('stock_levels');
}
