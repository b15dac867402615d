import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';
import pg from 'pg';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

const AS_NUMBER: ReadonlySet<number> = new Set([pg.types.builtins.INT8, pg.types.builtins.NUMERIC]);

/** Keys, counts and averages are numbers in our JSON; pg would hand them out as text. For this pool only, not for the process. */
const types = {
  getTypeParser: (oid: Parameters<typeof pg.types.getTypeParser>[0]): unknown => (AS_NUMBER.has(oid) ? Number : pg.types.getTypeParser(oid)),
};

export type Log = (level: 'info' | 'warn' | 'error', event: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The service's pool. Connects on first use. knex would print to stdout, which belongs to the listening line. */
export function openDatabase(url: string, log: Log): Knex {
  return knex({
    client: 'pg',
    connection: { connectionString: url, types } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: 5_000,
    migrations: { directory: MIGRATIONS, loadExtensions: ['.ts'] },
    log: {
      // The rejection carries the same text, and whoever catches it reports it once.
      warn: (message: string) => {
        if (!message.startsWith('Acquire connection error')) log('warn', 'knex', { message });
      },
    },
  });
}

/** Brings the schema up to date; the names of the migrations that ran, oldest first. Safe to run from several instances: knex locks. */
export async function migrateLatest(db: Knex): Promise<string[]> {
  const [, names] = (await db.migrate.latest()) as [number, string[]];
  return names;
}

export async function ping(db: Knex): Promise<void> {
  await db.raw('select 1');
}

/** How many migrations of this build the database lacks. */
export async function pendingMigrations(db: Knex): Promise<number> {
  const [, pending] = (await db.migrate.list()) as [unknown[], unknown[]];
  return pending.length;
}
