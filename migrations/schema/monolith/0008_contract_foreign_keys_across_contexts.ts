import type { Knex } from 'knex';
import { assertOwnedElsewhere } from '../owned-elsewhere.ts';

/** Every reference that crosses the border of the catalog, as the monolith's migrations made it. */
const ACROSS = [
  { table: 'cart_items', column: 'product_id', references: 'products (id)', onDelete: 'CASCADE' },
  { table: 'order_items', column: 'product_id', references: 'products (id)', onDelete: 'NO ACTION' },
  { table: 'stock_levels', column: 'product_id', references: 'products (id)', onDelete: 'CASCADE' },
  { table: 'price_rules', column: 'category_id', references: 'categories (id)', onDelete: 'CASCADE' },
  { table: 'price_rules', column: 'product_id', references: 'products (id)', onDelete: 'CASCADE' },
  { table: 'reviews', column: 'product_id', references: 'products (id)', onDelete: 'CASCADE' },
  { table: 'report_daily_sales', column: 'category_id', references: 'categories (id)', onDelete: 'CASCADE' },
  { table: 'products', column: 'updated_by', references: 'users (id)', onDelete: 'SET NULL' },
] as const;

const name = ({ table, column }: (typeof ACROSS)[number]): string => `${table}_${column}_foreign`;

/**
 * A row of the catalog now arrives a moment after the service has written it, so a constraint on it would refuse honest orders. What the constraints guaranteed is
 * the service's promise from here on.
 */
export async function up(knex: Knex): Promise<void> {
  await assertOwnedElsewhere(knex, ['products', 'categories']);
  await knex.raw(`SET LOCAL lock_timeout = '2s'`);
  for (const reference of ACROSS) await knex.raw(`ALTER TABLE ${reference.table} DROP CONSTRAINT IF EXISTS ${name(reference)}`);
}

/** NOT VALID first: the brief lock only guards new rows, and old ones are checked without it. Fails, naming the table, where a reference has lost its row. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`SET LOCAL lock_timeout = '2s'`);
  for (const reference of ACROSS) {
    await knex.raw(`ALTER TABLE ${reference.table} ADD CONSTRAINT ${name(reference)} FOREIGN KEY (${reference.column}) REFERENCES ${reference.references} ON DELETE ${reference.onDelete} NOT VALID`);
  }
  for (const reference of ACROSS) await knex.raw(`ALTER TABLE ${reference.table} VALIDATE CONSTRAINT ${name(reference)}`);
}
