import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { quantile, rowOf, type Row } from './row.ts';

/** What `packages/cli/bench/cutover/main.ts` prints. It is a process of its own because only the command line may know proxy and replication both. */
interface Played {
  readonly rounds: readonly { readonly feltMs: number; readonly gateMs: number }[];
  readonly quietMs: readonly number[];
  readonly writes: number;
  readonly failed: number;
  readonly firstFailed: readonly string[];
  readonly equal: boolean;
  readonly lost: number;
  readonly doubled: number;
}

const PLAY = join(import.meta.dirname, '../../packages/cli/bench/cutover/main.ts');

/** Cut-overs and rollbacks in turns under callers who write through the proxy: what each cost the caller who waited longest. */
export async function cuttingOver({ cutovers, log, goalMs }: { cutovers: number; log: string; goalMs: number }): Promise<Row[]> {
  const { rounds, quietMs, writes, failed, firstFailed, equal, lost, doubled } = await play(cutovers, log);
  if (firstFailed.length > 0) console.error(`failed requests, the first ones: ${firstFailed.join('; ')}`);
  const [felt, gate] = [rounds.map(({ feltMs }) => feltMs), rounds.map(({ gateMs }) => gateMs)];
  const name = `cut-over, ${log} log, 32 writers, ${String(rounds.length)} in turns`;
  const at = (what: string, values: readonly number[], q: number, atMost?: number): Row => rowOf({
    name: `${name}: ${what}, ${q === 1 ? 'longest' : `p${String(q * 100)}`}`, unit: 'ms', runs: [quantile(values, q)], ...(atMost === undefined ? {} : { goal: { atMost } }),
  });
  return [
    ...[0.5, 0.99, 1].map((q) => at('longest wait of a caller', felt, q, q === 0.99 ? goalMs : undefined)),
    ...[0.5, 0.99, 1].map((q) => at('held at the proxy', gate, q)),
    ...[0.5, 0.99].map((q) => at('a write when nothing is cut over', quietMs, q)),
    rowOf({ name: `${name}: requests that failed, of ${writes.toLocaleString('en')}`, unit: '', runs: [failed], goal: { atMost: 0 } }),
    rowOf({ name: `${name}: acknowledged writes lost or doubled${equal ? '' : ' (AND THE SIDES DIFFER)'}`, unit: '', runs: [lost + doubled + (equal ? 0 : 1)], goal: { atMost: 0 } }),
  ];
}

async function play(cutovers: number, log: string): Promise<Played> {
  const child = spawn(process.execPath, [PLAY, '--cutovers', String(cutovers), '--log', log], { stdio: ['ignore', 'pipe', 'inherit'] });
  const interrupt = (): void => { child.kill('SIGINT'); };
  process.once('SIGINT', interrupt);
  try {
    return await json(child.stdout) as Played;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
