import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Drops the database, its replication slots and whoever is still connected. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Set by the suite's global set-up, so that all test files share one server; or by hand, to test against another one. */
const SERVER = 'TEST_DATABASE_URL';

/** An empty database of the shared server: PostgreSQL 17, wal_level = logical, you are superuser. One per test file. */
export async function testDatabase(label = 'test'): Promise<TestDatabase> {
  const admin = process.env[SERVER];
  if (admin === undefined) throw new Error(`${SERVER} is not set: integration tests run under jest's global set-up (packages/testkit/src/jest-postgres.ts).`);
  const name = `${label.replaceAll(/\W/g, '_').toLowerCase()}_${randomBytes(6).toString('hex')}`;
  await query(admin, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  const close = async (): Promise<void> => {
    await query(admin, `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = '${name}' AND active_pid IS NOT NULL`);
    await dropSlots(admin, name);
    await query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return { url: url.href, name, close, [Symbol.asyncDispose]: close };
}

/** A server of one's own, for tests that kill it or need other settings. Its directory is removed at the end. */
export async function testServer(settings: Readonly<Record<string, string>> = {}): Promise<LocalPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-test-'));
  const server = await startPostgres({ directory, settings });
  const close = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...server, stop: close, [Symbol.asyncDispose]: close };
}

/** A walsender lets go of its slot a moment after it was terminated. */
async function dropSlots(admin: string, name: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await query(admin, `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '${name}'`);
      return;
    } catch (error) {
      if (attempt >= 50) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
