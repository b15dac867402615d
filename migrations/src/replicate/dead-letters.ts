import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError, type ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { Applier } from '../apply/applier.ts';
import { readDeadLetters, type DeadLetter } from '../apply/dead-letter.ts';
import { Desk, PARK_AT_MOST, type ParkingRules } from '../apply/desk.ts';
import { footprint, Held, readTies, type Footprint } from '../apply/footprint.ts';
import { heldWhole } from '../apply/refusal.ts';
import { readOutcome, serveRequests, writeRequest, type DeadLetterOutcome, type DeadLetterRequest } from '../apply/requests.ts';
import { tableMaps } from '../apply/table-map.ts';
import type { ChangeEvent } from '../capture/change-event.ts';
import { textRows, withConnection } from '../capture/connect.ts';

/** What a config says of refused transactions. */
export const parkingRules = ({ onRefusal = 'stop', parkAtMost = {} }: ReplicationConfig): ParkingRules => ({
  onRefusal,
  atMost: { transactions: parkAtMost.transactions ?? PARK_AT_MOST.transactions, bytes: parkAtMost.megabytes === undefined ? PARK_AT_MOST.bytes : parkAtMost.megabytes * 1_000_000 },
});

export interface ListedLetter extends DeadLetter {
  readonly events: readonly ChangeEvent[];
  /** Letters that would be free if this one were gone, and those behind them. */
  readonly behind: number;
}

/** The dead letters of a replication, in the order of the source's commits, with what waits behind each. Changes nothing. */
export async function listDeadLetters({ name, mapping, targetUrl }: Pick<WorkOptions, 'name' | 'mapping' | 'targetUrl'>): Promise<ListedLetter[]> {
  const letters = await readDeadLetters(targetUrl, name);
  if (letters.length === 0) return [];
  const maps = tableMaps(mapping);
  const ties = await withConnection(targetUrl, 'target', (client) => readTies(client, maps));
  const touched = letters.map((letter) => ({ letter, footprint: footprint(letter.events, maps, ties) }));
  return touched.map(({ letter, footprint: mine }, index) => ({ ...letter, behind: behind(letter, mine, touched.slice(index + 1)) }));
}

function behind(letter: DeadLetter, mine: Footprint, later: readonly { readonly letter: DeadLetter; readonly footprint: Footprint }[]): number {
  if (letter.as === 'behind') return 0;
  const held = new Held();
  held.add(mine, heldWhole(letter));
  let waiting = 0;
  for (const each of later) {
    if (each.letter.as !== 'behind' || !held.blocks(each.footprint)) continue;
    held.add(each.footprint);
    waiting += 1;
  }
  return waiting;
}

export interface WorkOptions {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly targetUrl: string;
  readonly request: DeadLetterRequest;
  /** How long a running sink may take to serve it, milliseconds; default 60,000. */
  readonly deadlineMs?: number;
}

/**
 * Has dead letters retried or discarded: by the sink where one runs, because only one process may write the replication's rows; else here, as a sink for this moment.
 * @throws StranglerError STR_DEAD_LETTERS_BUSY when a sink runs and does not answer in time: what was asked stays asked
 */
export async function workDeadLetters(options: WorkOptions): Promise<DeadLetterOutcome> {
  const { name, targetUrl, request, deadlineMs = 60_000 } = options;
  return withConnection(targetUrl, 'target', async (client) => {
    const id = await writeRequest(client, name, request);
    for (const until = performance.now() + deadlineMs; performance.now() < until;) {
      const outcome = await readOutcome(client, id);
      if (outcome !== undefined) return outcome;
      if (await sinkIsIdle(client, name)) await serveHere(options);
      else await delay(50);
    }
    throw new StranglerError({
      code: 'STR_DEAD_LETTERS_BUSY', exitCode: ExitCode.environment, message: `The sink of ${name} has not served the request within ${String(deadlineMs)} ms.`,
      remedy: 'It stays asked, and is served when the sink comes to it, or when it is started again.',
    });
  });
}

async function sinkIsIdle(client: pg.ClientBase, name: string): Promise<boolean> {
  const [row] = await textRows<'free'>(client, "SELECT pg_try_advisory_lock(hashtextextended('strangler:' || $1, 0)) AS free", [name]);
  if (row?.free !== 't') return false;
  await client.query("SELECT pg_advisory_unlock(hashtextextended('strangler:' || $1, 0))", [name]);
  return true;
}

async function serveHere({ name, mapping, targetUrl }: WorkOptions): Promise<void> {
  const applier = await Applier.open({ targetUrl, replication: name, maps: tableMaps(mapping), mode: 'strict' }).catch((error: unknown) => {
    if (error instanceof StranglerError && error.code === 'STR_SINK_ACTIVE') return undefined; // one has started meanwhile, and will serve it
    throw error;
  });
  if (applier === undefined) return;
  try {
    await serveRequests(await Desk.open(applier, parkingRules(mapping)));
  } finally {
    await applier.close();
  }
}
