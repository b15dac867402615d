import { StranglerError } from '@strangler/kernel';
import type { Knex } from 'knex';

/**
 * A contract step takes away what the old owner needs; it is safe only after the cut-over, which leaves a fence on each table that has moved.
 * @throws StranglerError STR_NOT_CUT_OVER
 */
export async function assertOwnedElsewhere(knex: Knex, tables: readonly string[]): Promise<void> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(`SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'strangler_fence' AND tgenabled <> 'D'`);
  const fenced = new Set(rows.map(({ name }) => name));
  const own = tables.filter((table) => !fenced.has(table));
  if (own.length === 0) return;
  throw new StranglerError({
    code: 'STR_NOT_CUT_OVER', exitCode: 1, message: `${own.join(', ')} ${own.length === 1 ? 'is' : 'are'} still written here: there is no fence.`,
    remedy: 'Cut the tables over first (`strangler cutover`), and contract once you are sure not to go back.',
  });
}
