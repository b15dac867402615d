import type { Knex } from 'knex';
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('authors', (t) => { t.increments('id'); t.string('name'); });
  await knex.schema.createTable('books', (t) => { t.increments('id'); t.string('title'); t.integer('author_id').references('id').inTable('authors').onDelete('cascade'); });
  await knex.schema.createTable('drafts', (t) => { t.increments('id'); });
  await knex.raw('CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers(id)); CREATE TRIGGER stamp BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch()');
}
export async function down(knex: Knex): Promise<void> { await knex.schema.dropTable('books'); }
