import { StranglerError } from '@strangler/kernel';
import type pg from 'pg';

/** In each of the two databases: how many processes have begun to work on a cut-over of that name. */
export const EPOCH_TABLE = 'CREATE TABLE IF NOT EXISTS strangler.cutover_epoch (name text PRIMARY KEY, epoch bigint NOT NULL)';

/**
 * Takes the next epoch; from its return on no process that came before can move a fence in this database. The lock alone would not do: it is a session's, and a process
 * whose connection was cut goes on without knowing (migrations/model/CutOver.tla, mutant no-epoch: it lifts the one fence while its successor lifts the other).
 */
export async function takeEpoch(client: pg.ClientBase, name: string): Promise<bigint> {
  const { rows: [row] } = await client.query<{ epoch: string }>('INSERT INTO strangler.cutover_epoch AS e (name, epoch) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET epoch = e.epoch + 1 RETURNING epoch', [name]);
  return BigInt(row?.epoch ?? 0);
}

/** A statement that fails, and its transaction with it, when the epoch is no longer ours; until that transaction ends nobody can take the next one. */
export const epochGuard = (name: string, epoch: bigint): string =>
  `DO $guard$ BEGIN PERFORM FROM strangler.cutover_epoch WHERE name = '${name.replaceAll("'", "''")}' AND epoch = ${String(epoch)} FOR SHARE; IF NOT FOUND THEN RAISE EXCEPTION 'superseded' USING ERRCODE = '${SUPERSEDED}'; END IF; END $guard$`;

/** SQLSTATE of the guard's refusal: a class of our own. */
const SUPERSEDED = 'STF02';

/** @throws StranglerError STR_CUTOVER_SUPERSEDED where the guard refused; any other error as it is */
export function orSuperseded(error: unknown, name: string): never {
  if ((error as { code?: string }).code !== SUPERSEDED) throw error;
  throw new StranglerError({
    code: 'STR_CUTOVER_SUPERSEDED', exitCode: 1, cause: error, message: `While this process stood still, or was cut off, another one took over its cut-over of '${name}'; this one has changed nothing since.`,
    remedy: '`strangler status` says who owns the tables.',
  });
}
