import pg from 'pg';
import { until } from './poll.ts';

/** A staff token, got as the shop's own pages get it. */
export async function signIn(url: string): Promise<string> {
  return until('signing in', 10_000, async () => {
    const answer = await fetch(`${url}/auth/login`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'staff@example.com', password: 'tea-and-biscuits' }),
    }).catch(() => undefined);
    if (answer?.ok !== true) return undefined;
    return (await answer.json() as { token: string }).token;
  });
}

/** Products and categories that clients can ask for. */
export async function shelves(databaseUrl: string): Promise<{ productIds: number[]; categoryIds: number[] }> {
  const [products, categories] = await rows<{ id: string }>(databaseUrl, ['SELECT id FROM products WHERE active ORDER BY id LIMIT 160', 'SELECT id FROM categories ORDER BY id']);
  return { productIds: (products ?? []).map(({ id }) => Number(id)), categoryIds: (categories ?? []).map(({ id }) => Number(id)) };
}

/** What the ledger judges. */
export async function ledgerRows(databaseUrl: string): Promise<{ skus: string[]; descriptions: Map<number, string> }> {
  const [all] = await rows<{ id: string; sku: string; description: string }>(databaseUrl, ['SELECT id, sku, description FROM products ORDER BY id']);
  return {
    skus: (all ?? []).map(({ sku }) => sku),
    descriptions: new Map((all ?? []).map(({ id, description }) => [Number(id), description])),
  };
}

async function rows<Row extends pg.QueryResultRow>(url: string, statements: readonly string[]): Promise<Row[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found: Row[][] = [];
    for (const statement of statements) found.push((await client.query<Row>(statement)).rows);
    return found;
  } finally {
    await client.end();
  }
}
