import type { Knex } from 'knex';
import { assertOwnedElsewhere } from '../owned-elsewhere.ts';

const MOVED = ['products', 'categories'] as const;
const ARCHIVE = 'strangler_archive';

/**
 * For the day the reverse replication has been removed for good (it writes these tables). Takes the moved tables out of sight without losing a row: whatever still reads them fails now, and can be brought back at once. Dropping the archive is left to a
 * person, on a day when nobody asks for it any more: `DROP SCHEMA strangler_archive CASCADE`.
 */
export async function up(knex: Knex): Promise<void> {
  await assertOwnedElsewhere(knex, MOVED);
  await knex.raw(`SET LOCAL lock_timeout = '2s'`);
  await knex.raw(`CREATE SCHEMA IF NOT EXISTS ${ARCHIVE}`);
  for (const table of MOVED) await knex.raw(`ALTER TABLE public.${table} SET SCHEMA ${ARCHIVE}`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`SET LOCAL lock_timeout = '2s'`);
  for (const table of MOVED) await knex.raw(`ALTER TABLE ${ARCHIVE}.${table} SET SCHEMA public`);
  await knex.raw(`DROP SCHEMA ${ARCHIVE}`);
}
