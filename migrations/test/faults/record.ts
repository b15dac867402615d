import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { FaultResult } from './faults.ts';
import type { KillResult } from './kills.ts';

/** What is kept of one target over several runs. */
type Kept = Omit<KillResult, 'findings'> & { readonly seeds: readonly number[]; readonly findings: readonly string[] };
interface Record_ {
  readonly results: readonly Kept[];
  readonly faults: readonly FaultResult[];
}
const NOTHING: Record_ = { results: [], faults: [] };
const SUMMED = ['kills', 'committed', 'applied', 'lost', 'doubled', 'otherwiseWrong', 'forgotten', 'late', 'sinksEnded', 'seconds'] as const;

/** Writes the results, with `add` to what the file holds already: hundreds of kills need not be one sitting. */
export async function record(file: string, results: readonly KillResult[], faults: readonly FaultResult[], seed: number, add: boolean): Promise<void> {
  const before = add ? await readFile(file, 'utf8').then((text) => JSON.parse(text) as Record_, () => NOTHING) : NOTHING;
  const kept = new Map(before.results.map((row) => [row.target, row]));
  const others = new Map([...before.faults, ...faults].map((row) => [row.fault, row]));
  for (const result of results) kept.set(result.target, sum(kept.get(result.target), result, seed));
  await writeFile(file, `${JSON.stringify({ command: 'npm run faults:record -- --kills N --seed SEED', cores: availableParallelism(), node: process.version, results: [...kept.values()], faults: [...others.values()] }, null, 2)}\n`);
}

function sum(before: Kept | undefined, result: KillResult, seed: number): Kept {
  if (before === undefined) return { ...result, seeds: [seed] };
  const summed = Object.fromEntries(SUMMED.map((name) => [name, before[name] + result[name]])) as Record<(typeof SUMMED)[number], number>;
  const moments = Object.entries(result.moments ?? {}).map(([name, count]) => [name, count + (before.moments?.[name] ?? 0)] as const);
  return { ...result, ...summed, ...(moments.length === 0 ? {} : { moments: Object.fromEntries(moments) }), seeds: [...before.seeds, seed], findings: [...before.findings, ...result.findings] };
}
