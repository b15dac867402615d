import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import knex from 'knex';
import pg from 'pg';
import { installFence, liftFence, raiseFence } from '../cutover/fence.ts';
import { contractDatabase, expandAgain } from './contract.ts';
import { migrateSchema, type SchemaOptions, type SchemaReport } from './migrate-schema.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase('schema');
  const shop = knex({ client: 'pg', connection: database.url });
  await shop.migrate.latest({ directory: resolve(import.meta.dirname, '../../../monolith/migrations'), loadExtensions: ['.ts'] });
  await shop.destroy();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`INSERT INTO categories (name, slug) VALUES ('Tea', 'tea'); INSERT INTO products (category_id, sku, name, price_cents) VALUES (1, 'T1', 'Assam', 450)`);
});
afterAll(async () => {
  await client.end();
  await database.close();
});

const migrate = (phase: SchemaOptions['phase'], direction: SchemaOptions['direction'], options: Partial<SchemaOptions> = {}): Promise<SchemaReport> =>
  migrateSchema({ url: database.url, side: 'monolith', phase, direction, execute: true, ...options });

/** Everything the migrations may touch, as the catalog tells it. */
async function shape(): Promise<{ kind: string; what: string }[]> {
  const { rows } = await client.query<{ kind: string; what: string }>(`
    SELECT 'constraint' AS kind, conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated AS what FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'table', schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'strangler', 'strangler_archive') AND tablename NOT LIKE 'strangler_migrations%'
    UNION ALL SELECT 'function', p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = to_regnamespace('strangler') ORDER BY 1, 2`);
  return rows.filter(({ what }) => !what.includes('strangler_migrations'));
}

describe('splitting the monolith\'s database', () => {
  test('expand is a plan until it is executed, runs once, and can be taken back', async () => {
    const before = await shape();
    expect(await migrate('expand', 'up', { execute: false })).toEqual({ migrations: ['0001_expand_toolkit_objects.ts'], executed: false });
    expect(await shape()).toEqual(before);
    await migrate('expand', 'up');
    const expanded = await shape();
    expect(expanded).not.toEqual(before);
    expect((await migrate('expand', 'up')).migrations).toEqual([]);
    await migrate('expand', 'down');
    expect(await shape()).toEqual(before);
    await migrate('expand', 'up');
    expect(await shape()).toEqual(expanded);
  });

  test('contract after the cut-over lets orders be written, keeps every row, and can be taken back', async () => {
    const contract = () => contractDatabase({ url: database.url, side: 'monolith', moving: ['products', 'categories'], back: {}, execute: true });
    await expect(contract()).rejects.toMatchObject({ code: 'STR_NOT_CUT_OVER', message: expect.stringMatching(/categories, products are still written here/) });
    await installFence(client);
    await raiseFence(client, { tables: ['products', 'categories'], owner: 'catalog', deadlineMs: 1_000 });
    const before = await shape();
    expect((await contract()).foreignKeys.map(({ name }) => name).sort()).toEqual(['cart_items_product_id_foreign', 'order_items_product_id_foreign', 'price_rules_category_id_foreign', 'price_rules_product_id_foreign',
      'products_updated_by_foreign', 'report_daily_sales_category_id_foreign', 'reviews_product_id_foreign', 'stock_levels_product_id_foreign']);
    await expect(client.query('SELECT * FROM products')).rejects.toThrow(/does not exist/);
    expect((await client.query('SELECT sku FROM strangler_archive.products')).rows).toEqual([{ sku: 'T1' }]);
    await client.query('INSERT INTO stock_levels (product_id) VALUES (777)'); // a product the service has and the copy lacks
    await client.query('DELETE FROM stock_levels');
    await expandAgain({ url: database.url, side: 'monolith', execute: true });
    expect((await shape()).filter(({ what }) => what !== 'strangler.contracted')).toEqual(before);
    await liftFence(client, { tables: ['products', 'categories'], deadlineMs: 1_000 });
  });

  test('there is nothing for a side nobody has written migrations for', async () => {
    await expect(migrate('expand', 'up', { side: 'warehouse' })).rejects.toMatchObject({ code: 'STR_NO_SCHEMA' });
  });
});
