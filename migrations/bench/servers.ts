import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicationConfig } from '@strangler/kernel';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';
import pg from 'pg';
import { cpuSeconds, type CpuSeconds } from './cpu.ts';

/** What every part of the bench gets: an empty database of the same name on each of two servers, and a directory. */
export interface Bench {
  readonly name: string;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly source: pg.Client;
  readonly target: pg.Client;
  readonly directory: string;
  /** CPU time so far of this process and both servers. */
  cpu(): Promise<CpuSeconds | undefined>;
}

export interface Servers {
  readonly version: string;
  with<T>(name: string, work: (bench: Bench) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/**
 * Two servers of PostgreSQL's own defaults, fsync and all, but for their WAL writers. At the source loads commit asynchronously, so that the loader is never what is
 * measured, and what is not flushed yet is shown to no reader of the WAL; at the target a subscription does. Neither is to wait 200 ms for that.
 */
export async function startServers(): Promise<Servers> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-bench-'));
  await chmod(directory, 0o755); // the servers run as another user when we are root
  const settings = { wal_writer_delay: '10ms', max_replication_slots: '30' };
  const [source, target] = [await startPostgres({ directory: join(directory, 'source'), settings }), await startPostgres({ directory: join(directory, 'target'), settings })];
  return {
    version: await withClient(source.url(), async (client) => String((await client.query<{ v: string }>("SELECT current_setting('server_version') AS v")).rows[0]?.v)),
    with: (name, work) => withDatabases({ source, target }, name, join(directory, name), work),
    stop: async () => {
      await Promise.all([source.stop(), target.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function withDatabases<T>({ source, target }: { source: LocalPostgres; target: LocalPostgres }, name: string, directory: string, work: (bench: Bench) => Promise<T>): Promise<T> {
  for (const server of [source, target]) await withClient(server.url(), (client) => client.query(`CREATE DATABASE ${name}`));
  try {
    return await withClient(source.url(name), (from) => withClient(target.url(name), (to) =>
      work({ name, directory, sourceUrl: source.url(name), targetUrl: target.url(name), source: from, target: to, cpu: () => cpuSeconds([source.pid, target.pid]) })));
  } finally {
    for (const server of [source, target]) await withClient(server.url(), (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Rows as shops have them, some 150 bytes each. */
export const ORDERS = `CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, status text NOT NULL, total numeric(12, 2) NOT NULL, note text,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)`;

export const fill = (from: string, to: string): string =>
  `INSERT INTO orders SELECT n, n % 1000, 'new', n % 10000 / 100.0, repeat('n', 80), timestamptz '2026-01-01 00:00Z' + n * interval '1 second', '2026-01-01 00:00Z' FROM generate_series(${from}, ${to}) AS n`;

export const mappingOf = (...tables: string[]): ReplicationConfig => ({ from: 'source', to: 'target', tables: Object.fromEntries(tables.map((table) => [table, { key: ['id'] }])) });

/** Asks until the answer has a row. */
export async function untilThere(client: pg.Client, text: string, values: readonly unknown[], withinMs = 120_000): Promise<void> {
  for (const until = performance.now() + withinMs; performance.now() < until;) {
    if ((await client.query(text, [...values])).rowCount !== 0) return;
    await delay(1);
  }
  throw new Error(`not there within ${String(withinMs)} ms: ${text} [${values.join(', ')}]`);
}

export const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1_000;
