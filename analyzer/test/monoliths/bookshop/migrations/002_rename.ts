import type { Knex } from 'knex';
export async function up(knex: Knex): Promise<void> {
  await knex.schema.renameTable('drafts', 'manuscripts');
  await knex.schema.alterTable('books', (t) => { t.dropColumn('title'); t.string('name'); });
}
