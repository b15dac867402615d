import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { type Shop, startShop } from './shop.ts';

let database: TestDatabase;
let shop: Shop;
let staff: string;
let customer: string;

beforeAll(async () => {
  database = await testDatabase('monolith_catalog');
  shop = await startShop(database.url);
  staff = await shop.login('staff@example.com');
  customer = await shop.login('customer@example.com');
});

afterAll(async () => {
  await shop.close();
  await database.close();
});

async function newCategory(name: string): Promise<number> {
  const { body } = await shop.call('POST', '/categories', { token: staff, body: { name } });
  return body.id;
}

async function newProduct(fields: Record<string, unknown>): Promise<number> {
  const { status, body } = await shop.call('POST', '/products', { token: staff, body: { name: 'Thing', priceCents: 1_000, ...fields } });
  expect(status).toBe(201);
  return body.id;
}

describe('reading products', () => {
  test('pages follow one another by id without gap or overlap', async () => {
    const first = await shop.call('GET', '/products?limit=7');
    const second = await shop.call('GET', '/products?limit=7&page=2');
    const both = await shop.call('GET', '/products?limit=14');
    const ids = (answer: typeof both): number[] => answer.body.items.map((item) => item.id);
    expect([...ids(first), ...ids(second)]).toEqual(ids(both));
    expect(ids(both)).toEqual([...ids(both)].sort((a, b) => a - b));
    const counted = await shop.row('select count(*)::int as n from products where active');
    expect(both.body.total).toBe(counted['n']);
  });

  test('a search finds any part of sku, name and description in any case, and takes wildcards literally', async () => {
    const categoryId = await newCategory('Search');
    const id = await newProduct({ sku: 'SRCH-1', name: 'Teapot', description: 'Keeps 100% of the Warmth', categoryId });
    for (const q of ['srch-1', 'TEAPOT', '100% of']) {
      const { body } = await shop.call('GET', `/products?q=${encodeURIComponent(q)}`);
      expect(body.items.map((item) => item.id)).toEqual([id]);
    }
    expect((await shop.call('GET', '/products?q=teap_t')).body.total).toBe(0);
  });

  test('a category can be named by slug or by id', async () => {
    const bySlug = await shop.call('GET', '/products?category=tea&limit=100');
    const categoryId = bySlug.body.items[0]?.categoryId;
    expect(bySlug.body.items.every((item) => item.categoryName === 'Tea')).toBe(true);
    expect((await shop.call('GET', `/products?category=${String(categoryId)}&limit=100`)).body).toEqual(bySlug.body);
    expect((await shop.call('GET', `/categories/${String(categoryId)}/products?limit=100`)).body).toEqual(bySlug.body);
  });

  test('every seeded product shows what reviews and stock say of it', async () => {
    const rows = await shop.rows(`
      select p.id, (select count(*)::int from reviews where product_id = p.id) as n,
             (select round(avg(rating), 1)::float8 from reviews where product_id = p.id) as average,
             (select on_hand > reserved from stock_levels where product_id = p.id) as in_stock
      from products p where active order by id limit 50`);
    const { body } = await shop.call('GET', '/products?limit=50');
    const shown = body.items.map((item) => ({
      id: item.id, n: item.rating.count, average: item.rating.average, in_stock: item.inStock,
    }));
    expect(shown).toEqual(rows.map((row) => ({ ...row, id: Number(row['id']) })));
  });

  test('bad parameters are refused and unknown products are not found', async () => {
    for (const path of ['/products?page=0', '/products?limit=101', '/products?limit=x', '/products/abc', '/products?q=a&q=b', '/products?q=%00', '/products/0/price', '/products/%zz']) {
      expect([path, (await shop.call('GET', path)).status]).toEqual([path, 400]);
    }
    for (const path of ['/products/999999', '/products/999999/price', '/categories/999999/products', '/nowhere']) {
      const { status, body } = await shop.call('GET', path);
      expect([path, status, body.error.code]).toEqual([path, 404, 'not_found']);
    }
  });
});

describe('the effective price', () => {
  test('is the list price until a rule applies, then the best rule half-up to the cent', async () => {
    const categoryId = await newCategory('Priced');
    const id = await newProduct({ sku: 'PRICE-1', priceCents: 1_990, categoryId });
    const price = async () => (await shop.call('GET', `/products/${String(id)}/price`)).body;
    expect(await price()).toEqual({ productId: id, currency: 'EUR', listPrice: 1_990, effectivePrice: 1_990, percentOff: 0, priceRuleId: null });

    const addRule = async (body: object) => (await shop.call('POST', '/api/price-rules', { token: staff, body })).body;
    await addRule({ categoryId, percentOff: 10 });
    const best = await addRule({ productId: id, percentOff: 15 });
    await addRule({ productId: id, percentOff: 15 });
    await addRule({ productId: id, percentOff: 80, active: false });
    await addRule({ productId: id, percentOff: 70, startsAt: '2020-01-01T00:00:00Z', endsAt: '2021-01-01T00:00:00Z' });
    await addRule({ productId: id, percentOff: 60, startsAt: '2999-01-01T00:00:00Z' });
    expect(await price()).toMatchObject({ effectivePrice: 1_692, percentOff: 15, priceRuleId: best.id });
    expect((await shop.call('GET', `/products/${String(id)}`)).body.effectivePrice).toBe(1_692);

    await shop.call('PATCH', `/api/price-rules/${String(best.id)}`, { token: staff, body: { percentOff: 5 } });
    expect(await price()).toMatchObject({ percentOff: 15 });
    expect((await shop.call('DELETE', `/api/price-rules/${String(best.id)}`, { token: staff })).status).toBe(204);
    expect((await shop.call('DELETE', `/api/price-rules/${String(best.id)}`, { token: staff })).status).toBe(404);
  });

  test('a rule needs exactly one target that exists', async () => {
    const add = async (body: object) => (await shop.call('POST', '/api/price-rules', { token: staff, body })).status;
    expect(await add({ percentOff: 10 })).toBe(400);
    expect(await add({ percentOff: 10, productId: 1, categoryId: 1 })).toBe(400);
    expect(await add({ percentOff: 91, productId: 1 })).toBe(400);
    expect(await add({ percentOff: 10, productId: 999_999 })).toBe(409);
  });
});

describe('changing products', () => {
  test('a new product is shown, its change is stamped with who made it, and a retired one is gone for readers', async () => {
    const categoryId = await newCategory('Changing');
    const id = await newProduct({ sku: 'chg-1', categoryId });
    const created = (await shop.call('GET', `/products/${String(id)}`)).body;
    expect(created).toMatchObject({ sku: 'CHG-1', active: true, inStock: false, rating: { average: null, count: 0 }, weightGrams: 0 });

    const admin = await shop.login('admin@example.com');
    const changed = await shop.call('PATCH', `/products/${String(id)}`, { token: admin, body: { name: 'Kettle', priceCents: 5 } });
    expect(changed.body).toMatchObject({ id, name: 'Kettle', priceCents: 5 });
    expect(changed.body.updatedAt > created.updatedAt).toBe(true);
    const row = await shop.row('select updated_by::int, search_text from products where id = $1', [id]);
    expect(row).toEqual({ updated_by: 1, search_text: 'chg-1 kettle ' });

    expect((await shop.call('DELETE', `/products/${String(id)}`, { token: staff })).status).toBe(204);
    expect((await shop.call('GET', `/products/${String(id)}`)).status).toBe(404);
    expect((await shop.call('PATCH', `/products/${String(id)}`, { token: staff, body: { name: 'X' } })).status).toBe(404);
    expect(await shop.rows('select active from products where id = $1', [id])).toEqual([{ active: false }]);
  });

  test('wrong input is refused by name and a taken sku is a conflict', async () => {
    const valid = { sku: 'BAD-1', name: 'Thing', categoryId: 6, priceCents: 100 };
    const wrong = [{ sku: 'a b' }, { name: '' }, { priceCents: -1 }, { priceCents: 1.5 }, { categoryId: 999_999 }, { currency: 'eur' }];
    for (const fields of wrong) {
      const { status, body } = await shop.call('POST', '/products', { token: staff, body: { ...valid, ...fields } });
      expect([status, body.error.message]).toEqual([400, expect.stringContaining(Object.keys(fields)[0] ?? '')]);
    }
    expect((await shop.call('PATCH', '/products/1', { token: staff, body: {} })).status).toBe(400);
    expect((await shop.call('POST', '/products', { token: staff, body: valid })).status).toBe(201);
    expect((await shop.call('POST', '/products', { token: staff, body: valid })).status).toBe(409);
  });

  test('only staff may write', async () => {
    for (const [method, path] of [['POST', '/products'], ['PATCH', '/products/1'], ['DELETE', '/products/1'], ['POST', '/categories']] as const) {
      expect([method, path, (await shop.call(method, path)).status]).toEqual([method, path, 401]);
      expect([method, path, (await shop.call(method, path, { token: customer })).status]).toEqual([method, path, 403]);
    }
  });

  test('categories count their active products and refuse the same slug twice', async () => {
    const id = await newCategory('Ödd & Ends');
    await newProduct({ sku: 'CNT-1', categoryId: id });
    const { body } = await shop.call('GET', '/categories');
    expect(body.items.find((category) => category.id === id)).toEqual({
      id, parentId: null, name: 'Ödd & Ends', slug: 'odd-ends', productCount: 1,
    });
    expect((await shop.call('POST', '/categories', { token: staff, body: { name: 'odd ends' } })).status).toBe(409);
    expect((await shop.call('POST', '/categories', { token: staff, body: { name: '&&' } })).status).toBe(400);
  });
});

describe('reviews', () => {
  test('a customer reviews a product once, and the rating of the product follows', async () => {
    const categoryId = await newCategory('Reviewed');
    const id = await newProduct({ sku: 'REV-1', categoryId });
    const path = `/products/${String(id)}/reviews`;
    const review = await shop.call('POST', path, { token: customer, body: { rating: 4, title: 'Good' } });
    expect(review.status).toBe(201);
    expect(review.body).toMatchObject({ productId: id, author: 'Clara Customer', rating: 4, verifiedPurchase: false });
    expect((await shop.call('POST', path, { token: customer, body: { rating: 5, title: 'Again' } })).status).toBe(409);
    await shop.call('POST', path, { token: staff, body: { rating: 5, title: 'Fine' } });
    expect((await shop.call('GET', `/products/${String(id)}`)).body.rating).toEqual({ average: 4.5, count: 2 });
    expect((await shop.call('GET', path)).body.items.map((item) => item.title)).toEqual(['Fine', 'Good']);

    const others = (await shop.call('GET', path)).body.items[0]?.id;
    expect((await shop.call('DELETE', `/api/reviews/${String(others)}`, { token: customer })).status).toBe(403);
    expect((await shop.call('DELETE', `/api/reviews/${String(review.body.id)}`, { token: staff })).status).toBe(204);
    expect((await shop.call('GET', `/products/${String(id)}`)).body.rating).toEqual({ average: 5, count: 1 });
  });
});
