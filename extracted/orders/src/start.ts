import type { Knex } from 'knex';
import { CannotStart } from './config.ts';
import { type Log, migrateLatest, pendingMigrations, ping } from './store/database.ts';

export const EXIT_CANNOT_START = 3;

/** One line of JSON on stderr; stdout is kept for the listening line. */
export const log: Log = (level, event, fields = {}) => {
  process.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`);
};

/** An AggregateError (every address refused) has no message of its own; its code says it. */
export function explain(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : String(error);
}

/** Ends the process with one line that says what is wrong. */
export function refuse(error: unknown): never {
  process.stderr.write(`${error instanceof CannotStart ? error.message : `ORDERS_START_FAILED: ${explain(error)}`}\n`);
  process.exit(EXIT_CANNOT_START);
}

/** A database that answers and has this build's schema, or a CannotStart. */
export async function prepareDatabase(db: Knex, migrate: boolean): Promise<void> {
  await ping(db).catch((error: unknown) => {
    throw new CannotStart('ORDERS_DATABASE_UNREACHABLE', `the database of DATABASE_URL does not answer (${explain(error)})`,
      'Start PostgreSQL, create the database, or correct DATABASE_URL');
  });
  if (migrate) {
    for (const name of await migrateLatest(db)) log('info', 'migrated', { name });
    return;
  }
  const pending = await pendingMigrations(db);
  if (pending > 0) {
    throw new CannotStart('ORDERS_SCHEMA_BEHIND', `${String(pending)} migrations of this build have not run in the database`,
      "Run 'npm run migrate', or start with MIGRATE=1");
  }
}
