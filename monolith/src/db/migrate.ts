import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';
import { knexLog } from './knex-log.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

function open(databaseUrl: string): Knex {
  return knex({
    client: 'pg',
    connection: databaseUrl,
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: 5_000,
    log: knexLog,
    migrations: { directory: MIGRATIONS, loadExtensions: ['.ts'] },
  });
}

/** Bring the schema up to date. Returns the names of the migrations that ran, oldest first; empty when there was nothing to do. */
export async function migrateLatest(databaseUrl: string): Promise<string[]> {
  const client = open(databaseUrl);
  try {
    const [, names] = (await client.migrate.latest()) as [number, string[]];
    return names;
  } finally {
    await client.destroy();
  }
}

/** Undo every migration. For tests and throw-away databases: all data is lost. */
export async function rollbackAll(databaseUrl: string): Promise<string[]> {
  const client = open(databaseUrl);
  try {
    const [, names] = (await client.migrate.rollback(undefined, true)) as [number, string[]];
    return names;
  } finally {
    await client.destroy();
  }
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') {
    process.stderr.write('migrate: DATABASE_URL is missing (postgres://user:password@host:5432/shop)\n');
    process.exitCode = 3;
    return;
  }
  try {
    const names = await migrateLatest(url);
    for (const name of names) process.stdout.write(`migrated ${name}\n`);
    if (names.length === 0) process.stdout.write('already up to date\n');
  } catch (error) {
    process.stderr.write(`migrate: ${error instanceof Error && error.message !== '' ? error.message : String(error)}\n`);
    process.exitCode = 3;
  }
}

if (import.meta.main) await main();
