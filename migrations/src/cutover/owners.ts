import { StranglerError, type Clock, type TableMapping } from '@strangler/kernel';
import type pg from 'pg';
import type { Verdict } from '../verify/verdict.ts';
import { verify } from '../verify/verify.ts';
import { epochGuard, orSuperseded, takeEpoch } from './epoch.ts';
import { fencedTables, installFence, liftFence, raiseFence } from './fence.ts';
import type { CutoverPlan, PlanOptions } from './plan.ts';
import { advanceSequences, planSequences, type PlannedSequence, type SequenceMove } from './sequences.ts';
import { adminSession } from './session.ts';

export type Side = 'old' | 'new';

/** The two databases, as far as a cut-over touches them. */
export interface Owners {
  /** Opens what the steps need, so that nobody waits for it later, and keeps a second cut-over of the same name out. @throws StranglerError STR_CUTOVER_RUNNING */
  open(): Promise<void>;
  /** Tables already fenced on that side. */
  fenced(side: Side): Promise<readonly string[]>;
  fence(side: Side, deadlineMs: number): Promise<{ readonly waitedMs: number }>;
  lift(side: Side, deadlineMs: number): Promise<void>;
  /** Finds out beforehand what `advanceSequences` must know; without it that finds out itself, while everybody waits. */
  planSequences(): Promise<void>;
  advanceSequences(): Promise<readonly SequenceMove[]>;
  verify(settleMs: number): Promise<Verdict>;
  /** Makes sure that the lock is still ours, or takes it again if its connection was lost. @throws StranglerError STR_CUTOVER_RUNNING when another process has it */
  claim(): Promise<void>;
  /** Cuts every connection: whatever still runs there is rolled back by the server. The next call connects anew. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}

export interface OwnersOptions {
  readonly plan: CutoverPlan;
  readonly mapping: PlanOptions['mapping'];
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly sequenceGap: number;
  readonly clock: Clock;
}

export function postgresOwners({ plan, mapping, sourceUrl, targetUrl, sequenceGap, clock }: OwnersOptions): Owners {
  const forward = plan.direction === 'forward';
  const sides = {
    old: { url: forward ? sourceUrl : targetUrl, name: plan.oldOwner, tables: plan.oldTables, fencedBy: plan.newOwner },
    new: { url: forward ? targetUrl : sourceUrl, name: plan.newOwner, tables: plan.newTables, fencedBy: plan.oldOwner },
  };
  const sessions = new Map<Side, Promise<pg.Client>>();
  const session = (side: Side): Promise<pg.Client> => {
    const existing = sessions.get(side);
    if (existing !== undefined) return existing;
    const opening = adminSession(sides[side].url, sides[side].name);
    sessions.set(side, opening);
    opening.catch(() => sessions.delete(side));
    return opening;
  };
  let lock: pg.Client | undefined;
  const epochs: Partial<Record<Side, bigint>> = {};
  const guard = (side: Side): { guard?: string } => epochs[side] === undefined ? {} : { guard: epochGuard(plan.name, epochs[side]) };
  const ours = (error: unknown): never => orSuperseded(error, plan.name);
  let sequences: readonly PlannedSequence[] | undefined;
  const owners = async (): Promise<{ oldOwner: pg.Client; newOwner: pg.Client }> => ({ oldOwner: await session('old'), newOwner: await session('new') });
  const closeAll = async (end: (client: pg.Client) => Promise<void>): Promise<void> => {
    const open = [...sessions.values()];
    sessions.clear();
    await Promise.allSettled(open.map(async (opening) => end(await opening)));
  };
  const moved = Object.fromEntries(plan.tables.map((table): [string, TableMapping] => [table, mapping.tables[table] ?? { key: [] }]));
  return {
    open: async () => {
      const [old, fresh] = [await session('old'), await session('new')];
      lock ??= await claim(sourceUrl, mapping.from, plan.name);
      await installFence(old);
      await installFence(fresh);
      // Both, before anything else is read or done: from here on a process that came before can move no fence.
      epochs.old ??= await takeEpoch(old, plan.name);
      epochs.new ??= await takeEpoch(fresh, plan.name);
    },
    claim: async () => {
      if (lock !== undefined && await answers(lock, clock)) return;
      lock?.connection.stream.destroy();
      lock = await claim(sourceUrl, mapping.from, plan.name);
      const side = forward ? 'old' : 'new';
      if (epochs[side] !== undefined) await lock.query(epochGuard(plan.name, epochs[side])).catch(ours);
    },
    fenced: async (side) => [...(await fencedTables(await session(side), sides[side].tables)).keys()],
    fence: async (side, deadlineMs) => raiseFence(await session(side), { tables: sides[side].tables, owner: sides[side].fencedBy, deadlineMs, clock, ...guard(side) }).catch(ours),
    lift: async (side, deadlineMs) => liftFence(await session(side), { tables: sides[side].tables, deadlineMs, clock, ...guard(side) }).catch(ours),
    planSequences: async () => { sequences = await planSequences({ tables: moved, direction: plan.direction, ...await owners() }); },
    advanceSequences: async () => {
      sequences ??= await planSequences({ tables: moved, direction: plan.direction, ...await owners() });
      return advanceSequences(sequences, { ...await owners(), gap: sequenceGap });
    },
    verify: (settleMs) => verify({ mapping: { ...mapping, tables: moved }, sourceUrl, targetUrl, settleMs, clock }),
    abandon: () => closeAll((client) => { client.connection.stream.destroy(); return Promise.resolve(); }),
    close: async () => {
      await closeAll((client) => client.end());
      await lock?.end();
    },
  };
}

const ANSWERS_WITHIN_MS = 3_000;

async function answers(client: pg.Client, clock: Clock): Promise<boolean> {
  const settled = new AbortController();
  const tooLong = clock.sleep(ANSWERS_WITHIN_MS, settled.signal).then(() => false, () => false);
  const answer = await Promise.race([client.query('SELECT 1').then(() => true, () => false), tooLong]);
  settled.abort();
  return answer;
}

/** An advisory lock in the mapping's source, which is the same database in both directions. It ends with its session, so a crash leaves none behind. */
async function claim(url: string, owner: string, name: string): Promise<pg.Client> {
  const client = await adminSession(url, owner);
  const { rows: [row] } = await client.query<{ free: boolean }>(`SELECT pg_try_advisory_lock(hashtextextended('strangler cutover ' || $1, 0)) AS free`, [name]);
  if (row?.free === true) return client;
  await client.end();
  throw new StranglerError({ code: 'STR_CUTOVER_RUNNING', exitCode: 1, message: `Another process is cutting '${name}' over right now.`, remedy: 'Wait for it to end; it releases everything at its deadline.' });
}
