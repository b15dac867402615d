import knex, { type Knex } from 'knex';
import pg from 'pg';
import { knexLog } from './knex-log.ts';

const { INT8, NUMERIC, DATE } = pg.types.builtins;

// Keys and counts fit a double for as long as this shop will live; strings in JSON would surprise every client.
pg.types.setTypeParser(INT8, Number);
pg.types.setTypeParser(NUMERIC, Number);
// A calendar day is not an instant: keep 'YYYY-MM-DD' as it is instead of midnight in the server's zone.
pg.types.setTypeParser(DATE, (text) => text);

/** One pool for the whole process; everybody imports it. It connects on first use, so importing it is free. */
export const db: Knex = knex({
  client: 'pg',
  connection: process.env['DATABASE_URL'] ?? '',
  pool: { min: 0, max: 10 },
  acquireConnectionTimeout: 5_000,
  log: knexLog,
});

/** The pool or a transaction: what a function takes when it may run inside somebody else's transaction. */
export type Db = Knex;

export async function pingDatabase(): Promise<void> {
  await db.raw('select 1');
}

export async function closeDatabase(): Promise<void> {
  await db.destroy();
}
