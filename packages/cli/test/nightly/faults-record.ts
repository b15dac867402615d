/**
 * `npm run faults:record [-- --kills 200] [--seed 4711] [--slice 50] [--json docs/benchmarks/faults.json]`: the whole record of what was killed under load, one process at a
 * time, then the other faults. The file is written after every slice; started again it goes on with what is missing. Exits 1 when anything was lost.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../../..');
const FAULTS = join(ROOT, 'migrations/test/faults/main.ts');
const CUTOVERS = join(import.meta.dirname, 'cutover-kill.ts');
const TARGETS = ['sink', 'reader', 'source', 'target', 'connect', 'broker'];

const { values } = parseArgs({ options: {
  kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '4711' }, slice: { type: 'string', default: '50' }, json: { type: 'string', default: join(ROOT, 'docs/benchmarks/faults.json') },
} });
const [kills, seed, slice] = [Number(values.kills), Number(values.seed), Number(values.slice)];
if (!(kills >= 1) || !Number.isInteger(seed) || !(slice >= 1)) {
  console.error('--kills and --slice take a number from 1, --seed a whole one.');
  process.exit(2);
}

/** What the record holds so far. */
async function recorded(): Promise<{ readonly results: readonly { readonly target: string; readonly kills: number }[]; readonly faults: readonly unknown[] }> {
  return readFile(values.json, 'utf8').then((text) => JSON.parse(text) as Awaited<ReturnType<typeof recorded>>, () => ({ results: [], faults: [] }));
}
const had = async (target: string): Promise<number> => (await recorded()).results.find((row) => row.target === target)?.kills ?? 0;

/** @returns whether nothing was lost */
async function faults(...args: string[]): Promise<boolean> {
  const child = spawn(process.execPath, [FAULTS, ...args, '--json', values.json, '--add'], { stdio: 'inherit' });
  const [code] = await once(child, 'exit') as [number | null];
  return code === 0;
}

/** The proxy is killed where it is started, in the command's own tests; the row is ours to make. */
async function proxy(rounds: number, of: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)(process.execPath, [CUTOVERS, String(rounds), String(of), 'proxy'], { maxBuffer: 1 << 26 }).catch((error: unknown) => error as { stdout: string });
  const { kills: killed, acknowledged, lost, duplicated, verdict, seconds } = JSON.parse(stdout) as { kills: number; acknowledged: number; lost: string[]; duplicated: string[]; verdict: string; seconds: number };
  const findings = [...lost.slice(0, 3).map((one) => `lost: ${one}`), ...duplicated.slice(0, 3).map((one) => `doubled: ${one}`), ...(verdict === 'Verified' ? [] : [verdict])];
  const row = { target: 'proxy', kills: killed, committed: acknowledged, applied: acknowledged - lost.length, lost: lost.length, doubled: duplicated.length, otherwiseWrong: verdict === 'Verified' ? 0 : 1, forgotten: 0, late: 0, sinksEnded: 0, seconds, findings };
  return faults('--only', 'proxy', '--row', JSON.stringify(row), '--seed', String(of));
}

async function toTheFull(target: string, act: (rounds: number, of: number) => Promise<boolean>): Promise<boolean> {
  let sound = true;
  for (let before = await had(target); before < kills;) {
    sound = await act(Math.min(slice, kills - before), seed + before) && sound;
    const now = await had(target);
    if (now <= before) throw new Error(`no kill of ${target} was recorded: see above`);
    before = now;
  }
  return sound;
}

let sound = true;
for (const target of TARGETS) sound = await toTheFull(target, (rounds, of) => faults('--only', target, '--kills', String(rounds), '--seed', String(of))) && sound;
sound = await toTheFull('proxy', proxy) && sound;
if ((await recorded()).faults.length === 0) sound = await faults('--only', 'faults', '--seed', String(seed)) && sound;
process.exitCode = sound ? 0 : 1;
