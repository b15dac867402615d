import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { migrateLatest } from '../src/db/migrate.ts';
import { seed } from '../src/seed.ts';
import { SEED_PASSWORD } from '../seeds/plan.ts';
import { disagreements } from './openapi.ts';

/**
 * Every field some answer has and some test looks at. Which answer has which is openapi.yaml's business; a field that is missing
 * where a test expects it fails that test. An answer without a body has none of them.
 */
export interface Body {
  id: number;
  token: string;
  user: Body;
  error: { code: string; message: string };
  items: Body[];
  total: number;
  userId: number;
  name: string;
  role: string;
  title: string;
  status: string;
  productId: number;
  quantity: number;
  lineTotalCents: number;
  subtotalCents: number;
  categoryId: number;
  categoryName: string;
  effectivePrice: number;
  rating: { average: number | null; count: number };
  inStock: boolean;
  updatedAt: string;
  readAt: string | null;
  payment: Body;
  customerName: string;
  categories: number;
  units: number;
  revenueCents: number;
  refundedCents: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export interface CallOptions {
  token?: string | undefined;
  body?: unknown;
}

export interface Shop {
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  login(email: string, password?: string): Promise<string>;
  /** Rows straight from the database, past the application. */
  rows(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** The first of them; there must be one. */
  row(sql: string, values?: unknown[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * The whole shop on a free port over a migrated and (S) seeded database. Every answer is held against openapi.yaml. One per test file: the pool is a module of its own and
 * reads DATABASE_URL when it is first imported, so the application is imported here and not above.
 */
export async function startShop(databaseUrl: string): Promise<Shop> {
  await migrateLatest(databaseUrl);
  await seed(databaseUrl, 'S');
  process.env['DATABASE_URL'] = databaseUrl;
  process.env['JWT_SECRET'] = 'only for tests';
  const { createApp } = await import('../src/app.ts');
  const { closeDatabase } = await import('../src/db/index.ts');

  const server = createServer(createApp());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();

  const call: Shop['call'] = async (method, path, { token, body } = {}) => {
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(origin + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const answered = await readBody(response);
    const wrong = disagreements(method, path, response.status, answered);
    if (wrong.length > 0) throw new Error(`The answer and openapi.yaml disagree:\n${wrong.join('\n')}`);
    return { status: response.status, headers: response.headers, body: (answered ?? {}) as Body };
  };
  const rows: Shop['rows'] = async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, values)).rows;
  return {
    call,
    rows,
    row: async (sql, values) => {
      const [first] = await rows(sql, values);
      if (first === undefined) throw new Error(`no row for: ${sql}`);
      return first;
    },
    login: async (email, password = SEED_PASSWORD) => {
      const answer = await call('POST', '/auth/login', { body: { email, password } });
      return answer.body.token;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await client.end();
      await closeDatabase();
    },
  };
}
