import { verify, type Verdict } from '@strangler/migrations';
import { rowOf, type Row } from './row.ts';
import { fill, mappingOf, ORDERS, secondsSince, type Bench } from './servers.ts';

/** Equal tables proved equal, against one hash of the whole table on each side; and one row found that is not. Nobody writes meanwhile, so nothing need settle. */
export async function verifying(bench: Bench, { runs, rows }: { runs: number; rows: number }): Promise<Row[]> {
  const clients = [bench.source, bench.target];
  await Promise.all(clients.map(async (client) => {
    await client.query(`SET synchronous_commit = off; ${ORDERS}; ${fill('1', String(rows))}`);
    await client.query('VACUUM (ANALYZE) orders');
  }));
  const [equal, whole, found] = [[] as number[], [] as number[], [] as number[]];
  for (let run = 0; run < runs; run += 1) {
    equal.push(rows / await timed(bench, 'Verified'));
    whole.push(rows / await hashBoth(clients));
    const id = Math.round(rows * (run + 0.5) / runs);
    await bench.target.query('UPDATE orders SET total = total + 0.01 WHERE id = $1', [id]);
    found.push(await timed(bench, 'Mismatched', String(id)));
    await bench.target.query('UPDATE orders SET total = total - 0.01 WHERE id = $1', [id]);
  }
  const size = rows.toLocaleString('en');
  return [
    rowOf({ name: `verify ${size} equal rows`, unit: 'rows/s', runs: equal, peer: { name: 'sum(hashtextextended(row::text)) on both sides at once', runs: whole }, goal: { atLeast: 1_000_000 } }),
    rowOf({ name: `one differing row in ${size} found`, unit: 's', runs: found, goal: { atMost: 2 } }),
  ];
}

async function timed({ sourceUrl, targetUrl }: Bench, expected: Verdict['kind'], id?: string): Promise<number> {
  const started = performance.now();
  const { kind, tables: [table] } = await verify({ mapping: mappingOf('orders'), sourceUrl, targetUrl, settleMs: 0 });
  const seconds = secondsSince(started);
  if (kind !== expected || table?.differing[0]?.key['id'] !== id) throw new Error(`${kind} instead of ${expected}: ${JSON.stringify(table)}`);
  return seconds;
}

async function hashBoth(clients: readonly Bench['source'][]): Promise<number> {
  const started = performance.now();
  await Promise.all(clients.map((client) => client.query('SELECT count(*), sum(hashtextextended(o::text, 0)) FROM orders AS o')));
  return secondsSince(started);
}
