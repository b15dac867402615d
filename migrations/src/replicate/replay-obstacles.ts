import type { Finding } from '@strangler/kernel';
import type pg from 'pg';
import { loadCheckpoint } from '../apply/checkpoint.ts';
import { textRows } from '../capture/connect.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import type { ReplayPlan, Unrepeatable } from './replay-plan.ts';

/** Why a range may not be repeated on rows that stand at `present`: every reason, and every table, at once. */
export function obstaclesTo({ first, unrepeatable }: Pick<ReplayPlan, 'first' | 'unrepeatable'>, present: Lsn | undefined, name: string): Finding[] {
  const gap = present === undefined || (first !== undefined && present < first.lsn);
  return [...gap ? [missing(first?.lsn, present, name)] : [], ...unrepeatable.map(moved)];
}

const missing = (first: Lsn | undefined, present: Lsn | undefined, name: string): Finding => ({
  code: 'STR_REPLAY_GAP', severity: 'error',
  message: `The target's rows stand at ${present === undefined ? 'no known position' : printLsn(present)}, the range begins at ${first === undefined ? 'nothing' : printLsn(first)}: what lies between would be missing.`,
  remedy: `Let ${name} catch up first, or replay from the start into a schema.`,
});

const moved = ({ table, moves, first, last }: Unrepeatable): Finding => ({
  code: 'STR_REPLAY_NOT_IDEMPOTENT', severity: 'error',
  message: `${table} cannot be repeated on rows that have seen the range: ${moves === 1 ? `a key changed at ${printLsn(first)} and its event does` : `${String(moves)} keys changed between ${printLsn(first)} and ${printLsn(last)} and their events do`} not hold the whole row (unchanged TOAST).`,
  remedy: 'Replay from the start into a schema (`--from start --into NAME`), which needs no rows to stand on; begin after those positions; or name the other tables (`--table`).',
});

/** A replay in place would try parked transactions out of their turn. */
export async function parkedLetters(target: pg.ClientBase, name: string): Promise<Finding[]> {
  const parked = (await loadCheckpoint(target, name))?.parked ?? 0;
  if (parked === 0) return [];
  return [{ code: 'STR_DEAD_LETTERS_OPEN', severity: 'error', message: `${name} has ${String(parked)} dead letters: a replay in place would try them out of their turn.`, remedy: `strangler dead-letters list ${name}; retry or discard them first.` }];
}

/** After a cut-over the rows are the service's, and history would overwrite its writes. */
export async function ownsItsRows(target: pg.ClientBase): Promise<Finding[]> {
  const [slot] = await textRows<'slot'>(target, "SELECT slot_name AS slot FROM pg_replication_slots WHERE database = current_database() AND slot_name LIKE 'strangler\\_%'");
  if (slot === undefined) return [];
  return [{
    code: 'STR_REPLAY_IN_PLACE', severity: 'error', message: `The target's own writes are replicated onward (${slot.slot}): it owns its rows, and a replay in place would overwrite what it wrote.`,
    remedy: 'Replay into a schema (`--into NAME`), verify, and take from there what you need.',
  }];
}
