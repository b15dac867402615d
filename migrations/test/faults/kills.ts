import { setTimeout as delay } from 'node:timers/promises';
import { FAULTS, type Verdict } from '../history/check.ts';
import { seededDice } from './dice.ts';
import { startLoad } from './load.ts';
import { Scene, withClient, type Server, type Stage } from './scene.ts';

/** One row of the result. */
export interface KillResult {
  readonly target: string;
  readonly kills: number;
  /** How many of them at moments that are sought out, by name. */
  readonly moments?: Readonly<Record<string, number>>;
  readonly committed: number;
  readonly applied: number;
  readonly lost: number;
  readonly doubled: number;
  /** Invented, disordered, torn or unequal. */
  readonly otherwiseWrong: number;
  /** COMMITs that the source answered and does not know any more. */
  readonly forgotten: number;
  /** Source transactions that were not applied when patience ended, and that the checkpoint does not claim either: the sink stood still, and nothing is proven. They count as lost, too. */
  readonly late: number;
  /** Sinks that ended though nobody killed them. */
  readonly sinksEnded: number;
  readonly seconds: number;
  /** The first few of what is wrong, in words. */
  readonly findings: readonly string[];
}

/** kill -9 once, and what brings the process back. */
type Kill = (scene: Scene, dice: () => number) => Promise<void>;

const between = (dice: () => number, from: number, to: number): Promise<void> => delay(from + dice() * (to - from));

/** A sink that is killed wherever it is, one in three before it has started. */
const sink: Kill = async (scene, dice) => {
  await between(dice, 50, 450);
  await scene.sink.end('SIGKILL');
  const next = scene.startSink();
  if (dice() < 0.67) await next.running;
};

/** The target is held still, so that only reading the source and writing the log is at work when it is killed. */
const reader: Kill = async (scene, dice) => {
  await scene.keepSink();
  await scene.onTarget(async (client) => {
    await client.query('BEGIN; LOCK TABLE ledger IN SHARE MODE');
    await between(dice, 30, 350);
    await scene.sink.end('SIGKILL');
    await client.query('ROLLBACK');
  });
  await scene.startSink().running;
};

/** A server that is killed while the sink still waits to try again proves little: so it is at work again first, or has had half a minute to be. */
const AT_WORK = {
  source: (scene: Scene): Promise<void> => until(async () => (await scene.onSource((client) => client.query('SELECT 1 FROM pg_replication_slots WHERE database = current_database() AND active'))).rowCount === 1),
  target: async (scene: Scene): Promise<void> => {
    const applied = (): Promise<string> => scene.onTarget(async (client) => (await client.query<{ at: string }>('SELECT commit_lsn::text AS at FROM strangler.checkpoint')).rows[0]?.at ?? '');
    let before: string | undefined;
    await until(async () => await applied() !== (before ??= await applied()));
  },
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; performance.now() < end;) {
    if (await holds().catch(() => false)) return; // the server may still be on its way down
    await delay(20);
  }
}

/** The postmaster; in one of three a single backend, at which the server restarts all of them. */
const database = (side: 'source' | 'target', backend: string): Kill => async (scene, dice) => {
  const server: Server = scene.stage[side];
  await between(dice, 50, 500);
  await scene.keepSink();
  await AT_WORK[side](scene);
  const pid = dice() < 0.33 ? await pidOf(server.url(scene.database), backend) : undefined;
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
    await comeBack(server);
    return;
  }
  await server.kill();
  await server.start();
};

async function pidOf(url: string, query: string): Promise<number | undefined> {
  return withClient(url, async (client) => (await client.query<{ pid: number }>(query)).rows[0]?.pid).catch(() => undefined);
}

async function comeBack(server: Server): Promise<void> {
  await delay(20);
  for (const until = performance.now() + 30_000; performance.now() < until;) {
    if (await withClient(server.url(), (client) => client.query('SELECT 1')).then(() => true, () => false)) return;
    await delay(20);
  }
  throw new Error('the server did not come back');
}

export const KILLS: Readonly<Record<string, Kill>> = {
  sink, reader,
  source: database('source', "SELECT active_pid AS pid FROM pg_replication_slots WHERE database = current_database() AND active_pid IS NOT NULL"),
  target: database('target', "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'strangler' ORDER BY (state = 'active') DESC LIMIT 1"),
};

/** Kills one kind of process again and again under one running load, then lets all of it settle and has the histories checked. */
export async function killTrial(stage: Stage, what: string, kills: number, seed: number): Promise<KillResult> {
  const kill = KILLS[what];
  if (kill === undefined) throw new Error(`nothing called ${what} to kill`);
  const started = performance.now();
  await using scene = await Scene.open(stage, what);
  // A load that the sink can follow between two kills: one that is hopelessly behind is always killed in the same batch.
  const load = startLoad(scene.options.sourceUrl, { writers: 3, seed, pauseMs: what === 'sink' || what === 'reader' ? 8 : 80 });
  const dice = seededDice(seed ^ 0x5bd1e995);
  for (let round = 0; round < kills; round += 1) await kill(scene, dice);
  const { acknowledged } = await load.stop();
  const verdict = await scene.judge();
  return await resultOf(what, kills, scene, verdict, acknowledged, started);
}

/** @param acknowledged of the load @param started on performance's clock */
export async function resultOf(what: string, kills: number, scene: Scene, verdict: Verdict & { readonly late: number }, acknowledged: readonly string[], started: number): Promise<KillResult> {
  return result(what, kills, verdict, await forgottenOf(scene, acknowledged), scene.complaints, performance.now() - started);
}

async function forgottenOf(scene: Scene, acknowledged: readonly string[]): Promise<string[]> {
  const { rows } = await scene.onSource((client) => client.query<{ name: string }>("SELECT writer || '/' || seq AS name FROM ledger"));
  const known = new Set(rows.map(({ name }) => name));
  return acknowledged.filter((name) => !known.has(name));
}

function result(target: string, kills: number, verdict: Verdict & { readonly late: number }, forgotten: readonly string[], complaints: readonly string[], ms: number): KillResult {
  const { committed, applied, lost, doubled } = verdict;
  const others = FAULTS.filter((fault) => fault !== 'lost' && fault !== 'doubled');
  return {
    target, kills, committed, applied, lost: lost.length, doubled: doubled.length, otherwiseWrong: others.reduce((sum, fault) => sum + verdict[fault].length, 0),
    forgotten: forgotten.length, late: verdict.late, sinksEnded: complaints.length, seconds: Math.round(ms / 1_000),
    findings: [...FAULTS.flatMap((fault) => verdict[fault].slice(0, 3).map((found) => `${fault}: ${found}`)), ...complaints.slice(0, 3)],
  };
}

export const isClean = ({ lost, doubled, otherwiseWrong, forgotten }: KillResult): boolean => lost + doubled + otherwiseWrong + forgotten === 0;
