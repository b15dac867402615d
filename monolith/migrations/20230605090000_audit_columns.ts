import type { Knex } from 'knex';

/** Who touched the row last. Set by hand in application code; null for rows older than this migration. */
export async function up(knex: Knex): Promise<void> {
  for (const name of ['products', 'orders']) {
    await knex.schema.alterTable(name, (table) => {
      table.bigInteger('updated_by').references('id').inTable('users').onDelete('SET NULL');
    });
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const name of ['products', 'orders']) {
    await knex.schema.alterTable(name, (table) => {
      table.dropColumn('updated_by');
    });
  }
}
