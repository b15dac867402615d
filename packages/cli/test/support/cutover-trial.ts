import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig, type Dice } from '@strangler/kernel';
import { verify } from '@strangler/migrations';
import { ledger } from '../../src/demo/ledger.ts';
import { seeded } from '../../src/demo/seeded.ts';
import { ledgerRows, shelves, signIn } from '../../src/demo/shop.ts';
import { startTraffic } from '../../src/demo/traffic.ts';
import { startWorld, type World } from '../../src/demo/world.ts';
import { STRANGLER } from '../run.ts';

export interface CutoverTrial {
  readonly kills: number;
  readonly acknowledged: number;
  /** Of acknowledged writes, in either database. */
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  readonly verdict: string;
  /** The last journal entry at each kill. */
  readonly killedAt: readonly string[];
}

const NAME = 'catalog-forward';
/** Entries a whole run writes. */
const ENTRIES = 12;

/** Who is killed: the command that cuts over, or the proxy that holds the writes, which a supervisor then starts again. */
export type Victim = 'command' | 'proxy';

/**
 * The shop under load; `strangler cutover` forward and back, in each round something is killed with -9 at a random entry of its journal, then it is run again until it is
 * done, as its documentation says. @throws when it cannot be finished
 */
export async function cutoverTrial(rounds: number, seed: number, victim: Victim = 'command'): Promise<CutoverTrial> {
  const world = await startWorld(new AbortController().signal);
  try {
    await world.startSink();
    await delay(2_000);
    await world.startCatalog('half-up');
    const { url } = await world.startProxy();
    const [dice, book] = [seeded(seed), ledger()];
    const traffic = startTraffic({ url, token: await signIn(url), ...await shelves(world.monolithDatabase), readsPerSecond: 10, writesPerSecond: 30, dice: seeded(seed + 1), ledger: book });
    const killedAt: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const back = round % 2 === 1 ? ['--back'] : [];
      killedAt.push(await killOnce(world, back, dice, victim));
      await finish(world, back);
    }
    await traffic.stop();
    await delay(1_500); // what was written last is on its way to the other side
    const mapping = (await loadConfig(world.configFile)).config.replication?.[NAME];
    if (mapping === undefined) throw new Error(`no ${NAME} in the sample's config`);
    const { kind } = await verify({ mapping, sourceUrl: world.monolithDatabase, targetUrl: world.catalogDatabase });
    const judged = [book.judge(await ledgerRows(world.monolithDatabase)), book.judge(await ledgerRows(world.catalogDatabase))];
    return {
      kills: killedAt.length, acknowledged: book.acknowledged(), verdict: kind, killedAt,
      lost: judged.flatMap(({ lost }) => lost), duplicated: judged.flatMap(({ duplicated }) => duplicated),
    };
  } finally {
    await world.stop();
  }
}

async function killOnce(world: World, args: readonly string[], dice: Dice, victim: Victim): Promise<string> {
  const killAfter = (await journal(world)).length + 1 + Math.floor(dice() * ENTRIES);
  const { child, ended } = run(world, args);
  const state = { over: false };
  void ended.then(() => { state.over = true; });
  while (!state.over && (await journal(world)).length < killAfter) await delay(1);
  await delay(dice() * 12);
  const last = async (): Promise<string> => (await journal(world)).at(-1)?.event ?? 'before the first entry';
  const at = victim === 'proxy' ? await last() : '';
  if (victim === 'proxy') world.process('proxy')?.kill();
  else child.kill('SIGKILL');
  await ended;
  return victim === 'proxy' ? at : last();
}

async function finish(world: World, args: readonly string[]): Promise<void> {
  let said = '';
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const result = await run(world, args).ended;
    // Killed after its last entry it was done: then the other side owns the tables already.
    if (result.code === 0 || result.said.includes('STR_ALREADY_CUT_OVER')) return;
    said = result.said;
    await delay(500);
  }
  throw new Error(`the cut-over could not be finished: ${said}`);
}

function run(world: World, args: readonly string[]) {
  const child = spawn(process.execPath, [STRANGLER, 'cutover', NAME, ...args, '--config', world.configFile, '--why', 'a trial', '--execute'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...world.environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, said })) };
}

async function journal({ stateDirectory }: World): Promise<{ readonly event: string }[]> {
  const text = await readFile(join(stateDirectory, 'cutover', `${NAME}.ndjson`), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as { event: string });
}
