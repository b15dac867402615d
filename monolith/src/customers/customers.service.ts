import { db } from '../db/index.ts';
import type { UserRow } from '../db/rows.ts';
import { conflict, found, type Page, paged, unauthorized } from '../lib/helpers.ts';
import { notify } from '../notifications/notifier.ts';
import { hashPassword, verifyPassword } from './password.ts';

export function presentUser(user: Pick<UserRow, 'id' | 'email' | 'name' | 'role'>) {
  return { id: user.id, email: user.email, name: user.name, role: user.role };
}

/** Where to write to somebody, and how to address him. */
export async function contactOf(userId: number): Promise<{ email: string; firstName: string }> {
  const user = found(await db('users').where({ id: userId }).first('email', 'name'), 'user', userId);
  return { email: user.email, firstName: user.name.split(' ')[0] ?? user.name };
}

/** Everybody who registers is a customer; staff are promoted in the database. */
export async function register(account: { email: string; name: string; password: string }): Promise<UserRow> {
  const { email, name, password } = account;
  const [user] = await db('users')
    .insert({ email, name, password_hash: await hashPassword(password), role: 'customer' })
    .onConflict('email')
    .ignore()
    .returning('*');
  if (user === undefined) throw conflict(`${email} is registered already`);
  await notify({ userId: user.id, kind: 'welcome', message: 'Welcome to the shop.' });
  return user;
}

/** A hash nobody has the password of: an unknown e-mail costs as much time as a wrong password. */
const DECOY_HASH = hashPassword('nobody has this password');

export async function login(email: string, password: string): Promise<UserRow> {
  const user = await db('users').where({ email }).first();
  const matches = await verifyPassword(password, user?.password_hash ?? (await DECOY_HASH));
  if (user === undefined || !matches) throw unauthorized('E-mail or password is wrong');
  return user;
}

export async function changeName(id: number, name: string) {
  const [user] = await db('users').where({ id }).update({ name }).returning('*');
  return presentUser(found(user, 'user', id));
}

interface CustomerRecord extends UserRow {
  order_count: number;
  spent_cents: number;
  last_order_at: Date | null;
}

/** Customers with what they bought: one query over users and orders. */
function customersWithOrders() {
  return db('users as u')
    .leftJoin('orders as o', (join) => {
      join.on('o.user_id', 'u.id').andOnVal('o.status', '<>', 'cancelled');
    })
    .groupBy('u.id')
    .select<CustomerRecord[]>(
      'u.*',
      db.raw('count(o.id) as order_count'),
      db.raw('coalesce(sum(o.total_cents), 0) as spent_cents'),
      db.raw('max(o.placed_at) as last_order_at'),
    );
}

function presentCustomer(record: CustomerRecord) {
  return {
    ...presentUser(record),
    createdAt: record.created_at,
    orderCount: record.order_count,
    spentCents: record.spent_cents,
    lastOrderAt: record.last_order_at,
  };
}

export async function listCustomers(page: Page) {
  const [counted] = await db('users').count<{ total: number }[]>({ total: '*' });
  const records = await customersWithOrders().orderBy('u.id').limit(page.limit).offset(page.offset);
  return paged(records.map(presentCustomer), counted?.total ?? 0, page);
}

export async function getCustomer(id: number) {
  const [record] = await customersWithOrders().where('u.id', id);
  return presentCustomer(found(record, 'customer', id));
}
