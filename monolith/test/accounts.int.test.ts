import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { type Shop, startShop } from './shop.ts';

let database: TestDatabase;
let shop: Shop;

beforeAll(async () => {
  database = await testDatabase('monolith_accounts');
  shop = await startShop(database.url);
});

afterAll(async () => {
  await shop.close();
  await database.close();
});

const ADA = { email: 'Ada@Example.org', name: 'Ada Lovelace', password: 'notes on the engine' };

test('somebody who registers is a customer, is welcomed, and can log in', async () => {
  const registered = await shop.call('POST', '/auth/register', { body: ADA });
  expect(registered.status).toBe(201);
  expect(registered.body.user).toEqual({ id: 301, email: 'ada@example.org', name: 'Ada Lovelace', role: 'customer' });
  expect((await shop.call('POST', '/auth/register', { body: ADA })).status).toBe(409);

  const token = await shop.login('ada@example.org', ADA.password);
  expect((await shop.call('GET', '/api/customers/me', { token })).body).toMatchObject({ id: 301, orderCount: 0, spentCents: 0, lastOrderAt: null });
  const inbox = await shop.call('GET', '/api/notifications', { token });
  expect(inbox.body).toMatchObject({ total: 1, items: [{ kind: 'welcome', readAt: null, message: 'Dear Ada, Welcome to the shop.' }] });
  const read = await shop.call('POST', `/api/notifications/${String(inbox.body.items[0]?.id)}/read`, { token });
  expect(read.body.readAt).toEqual(expect.any(String));

  const renamed = await shop.call('PATCH', '/api/customers/me', { token, body: { name: 'Ada King' } });
  expect(renamed.body.name).toBe('Ada King');
});

test('a role cannot be chosen at registration', async () => {
  const body = { ...ADA, email: 'eve@example.org', role: 'admin' };
  expect((await shop.call('POST', '/auth/register', { body })).body.user.role).toBe('customer');
});

test('a wrong password and an unknown address get the same answer', async () => {
  const wrong = await shop.call('POST', '/auth/login', { body: { email: 'customer@example.com', password: 'wrong' } });
  const unknown = await shop.call('POST', '/auth/login', { body: { email: 'nobody@example.com', password: 'wrong' } });
  expect(wrong.status).toBe(401);
  expect(unknown.body).toEqual(wrong.body);
});

test('bad registrations are refused by field', async () => {
  for (const fields of [{ email: 'x' }, { name: '' }, { password: 'short' }]) {
    const { status, body } = await shop.call('POST', '/auth/register', { body: { ...ADA, email: 'new@example.org', ...fields } });
    expect([status, body.error.message]).toEqual([400, expect.stringContaining(Object.keys(fields)[0] ?? '')]);
  }
});

test('a missing, malformed, forged or orphaned token is not accepted', async () => {
  const jwt = (await import('jsonwebtoken')).default;
  const forged = jwt.sign({ role: 'admin' }, 'another secret', { subject: '1' });
  const unsigned = jwt.sign({ role: 'admin' }, '', { subject: '1', algorithm: 'none' });
  const orphaned = jwt.sign({ role: 'admin' }, 'only for tests', { subject: '999999' });
  const expired = jwt.sign({}, 'only for tests', { subject: '1', expiresIn: -1 });
  for (const token of [undefined, 'x', forged, unsigned, orphaned, expired]) {
    expect((await shop.call('GET', '/orders', { token })).status).toBe(401);
  }
});

test('a role taken away counts at once, whatever the token says', async () => {
  const token = await shop.login('staff@example.com');
  expect((await shop.call('GET', '/api/inventory', { token })).status).toBe(200);
  await shop.rows(`update users set role = 'customer' where email = 'staff@example.com'`);
  expect((await shop.call('GET', '/api/inventory', { token })).status).toBe(403);
  await shop.rows(`update users set role = 'staff' where email = 'staff@example.com'`);
});

test('staff see customers with what they spent; customers do not see one another', async () => {
  const staff = await shop.login('staff@example.com');
  const customer = await shop.login('customer@example.com');
  const spent = await shop.row(`select count(*)::int n, sum(total_cents)::int cents from orders where user_id = 3 and status <> 'cancelled'`);
  expect((await shop.call('GET', '/api/customers/3', { token: staff })).body).toMatchObject({ orderCount: spent['n'], spentCents: spent['cents'] });
  expect((await shop.call('GET', '/api/customers?limit=5', { token: staff })).body.items).toHaveLength(5);
  expect((await shop.call('GET', '/api/customers/4', { token: customer })).status).toBe(403);
});

test('a body that is not JSON or too large is refused as such', async () => {
  const token = await shop.login('customer@example.com');
  expect((await shop.call('POST', '/orders', { token, body: { note: 'x'.repeat(200_000) } })).status).toBe(413);
  expect((await shop.call('POST', '/orders', { token, body: [1] })).status).toBe(400);
});
