import { parseArgs } from 'node:util';
import pg from 'pg';
import { carts, cartItems, makePromotions, reviews, type SeededPromotion } from '../seeds/activity.ts';
import { categories, makeProducts, priceRules, stockLevels } from '../seeds/catalog.ts';
import { writeOrders } from '../seeds/orders.ts';
import { users } from '../seeds/people.ts';
import { isSeedSize, type SeedPlan, type SeedSize, SIZES } from '../seeds/plan.ts';
import { Writer } from '../seeds/writer.ts';

const TABLES_WITH_IDENTITY = [
  'users', 'categories', 'products', 'price_rules', 'promotions', 'orders', 'order_items', 'payments', 'shipments', 'notifications',
  'carts', 'cart_items', 'reviews',
] as const;

async function write(writer: Writer, plan: SeedPlan, client: pg.Client): Promise<void> {
  const products = makeProducts(plan);
  const promotions: SeededPromotion[] = makePromotions(plan);
  await writer.insert('users', users(plan));
  await writer.insert('categories', categories());
  await writer.insert('products', products.map((product) => product.row));
  await writer.insert('price_rules', priceRules(products));
  await writer.insert('promotions', promotions.map((promotion) => promotion.row));
  const totals = await writeOrders(writer, plan, products, promotions);
  await writer.insert('stock_levels', stockLevels(products, totals.reserved));
  await writer.insert('carts', carts(plan));
  await writer.insert('cart_items', cartItems(plan));
  await writer.insert('reviews', reviews(plan));
  for (const [id, uses] of totals.promotionUses) await client.query('update promotions set uses = $2 where id = $1', [id, uses]);
}

/** Explicit ids leave the sequences at 1; the next insert of the application would collide. */
async function advanceSequences(client: pg.Client): Promise<void> {
  for (const table of TABLES_WITH_IDENTITY) {
    await client.query(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`);
  }
}

async function refuseUnlessEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ filled: boolean }>(
    'select exists (select 1 from users) or exists (select 1 from categories) as filled',
  );
  if (rows[0]?.filled === true) throw new AlreadyFilled('the database has data already; --reset deletes it first');
}

/** `--if-empty` takes this for an answer, so that a stack that is started again keeps its data. */
class AlreadyFilled extends Error {
  override name = 'AlreadyFilled';
}

export interface SeedOptions {
  /** Delete what is there. Without it, a database that has users or categories is refused. */
  reset?: boolean;
}

/**
 * Fill a migrated database. The same size gives the same rows to the byte, whenever and wherever it runs. All in one transaction.
 * Returns the number of rows per table.
 */
export async function seed(databaseUrl: string, size: SeedSize, options: SeedOptions = {}): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    if (options.reset === true) {
      await client.query(`truncate ${TABLES_WITH_IDENTITY.join(', ')}, stock_levels, report_daily_sales restart identity`);
    }
    await refuseUnlessEmpty(client);
    const writer = new Writer(client);
    await write(writer, SIZES[size], client);
    await advanceSequences(client);
    await client.query('commit');
    await client.query('analyze');
    return Object.fromEntries(writer.counts);
  } finally {
    await client.end();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: 'S' },
      reset: { type: 'boolean', default: false },
      'if-empty': { type: 'boolean', default: false },
    },
  });
  const url = process.env['DATABASE_URL'];
  if (!isSeedSize(values.size) || url === undefined || url === '') {
    process.stderr.write('seed: needs DATABASE_URL; usage: node src/seed.ts [--size S|M|L] [--reset | --if-empty]\n');
    process.exitCode = 3;
    return;
  }
  try {
    const counts = await seed(url, values.size, { reset: values.reset });
    const lines = Object.entries(counts).map(([table, rows]) => `${table.padEnd(14)} ${String(rows).padStart(9)}\n`);
    process.stdout.write(lines.join(''));
  } catch (error) {
    if (values['if-empty'] && error instanceof AlreadyFilled) {
      process.stdout.write('the database has data already; nothing was written\n');
      return;
    }
    const { code, message } = error as { code?: string; message?: string };
    process.stderr.write(`seed: ${[code, message].filter(Boolean).join(': ')}\n`);
    process.exitCode = 3;
  }
}

if (import.meta.main) await main();
