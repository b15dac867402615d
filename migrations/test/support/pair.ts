import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { ReplicationConfig, TableMapping } from '@strangler/kernel';
import { replicate, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';

/** Two databases, a name no other test uses (slots and origins belong to the whole server), and a directory for the log. */
export interface Pair {
  readonly name: string;
  readonly source: pg.Client;
  readonly target: pg.Client;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly logDirectory: string;
  /** Options of a replication source → target of these tables. */
  options(tables: Readonly<Record<string, TableMapping>>, more?: Partial<ReplicateOptions>): ReplicateOptions;
  start(tables: Readonly<Record<string, TableMapping>>, more?: Partial<ReplicateOptions>): Promise<RunningReplication>;
  close(): Promise<void>;
}

export async function databasePair(label: string): Promise<Pair> {
  const [from, to] = [await testDatabase(`${label}_source`), await testDatabase(`${label}_target`)];
  const [source, target] = [await client(from), await client(to)];
  const logDirectory = await mkdtemp(join(tmpdir(), 'strangler-log-'));
  const name = `${label.replaceAll('_', '-')}-${randomBytes(4).toString('hex')}`;
  const options: Pair['options'] = (tables, more = {}) => {
    const mapping: ReplicationConfig = { from: 'monolith', to: 'catalog', tables };
    return { name, mapping, sourceUrl: from.url, targetUrl: to.url, logDirectory, ...more };
  };
  return {
    name, source, target, sourceUrl: from.url, targetUrl: to.url, logDirectory, options,
    start: (tables, more) => replicate(options(tables, more)),
    close: async () => {
      await Promise.all([source.end(), target.end()]);
      await dropOrigins(to, name);
      await Promise.all([from.close(), to.close()]);
      await rm(logDirectory, { recursive: true, force: true });
    },
  };
}

async function client({ url }: TestDatabase): Promise<pg.Client> {
  const connected = new pg.Client({ connectionString: url });
  connected.on('error', () => undefined);
  await connected.connect();
  return connected;
}

/** Origins outlive databases; what a test made, it takes away. */
async function dropOrigins({ url }: TestDatabase, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname LIKE 'strangler\\_' || $1 || '%'", [name.replaceAll('-', '_')]).catch(() => undefined);
  await admin.end();
}

/** Every row of a table as text, in key order: what both sides must agree on. */
export async function contents(database: pg.Client, table: string): Promise<string[]> {
  const { rows } = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${table} AS t ORDER BY 1`);
  return rows.map(({ row }) => row);
}
