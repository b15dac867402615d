/**
 * `npm run model [-- NAME…]`: has TLC check every `*.cfg` beside this file. The first line of each says what must come out: `\* holds`, or `\* violates INVARIANT` for
 * a mutant in which one safeguard is left out: a check that cannot fail proves nothing. Exits 1 when anything comes out otherwise.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { tlaTools } from './tla-tools.ts';

const DIRECTORY = import.meta.dirname;
/** The small ones first would be shorter to wait for; the large ones first end sooner. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx1g'];

interface Outcome {
  readonly name: string;
  readonly wanted: string;
  readonly found: string;
  readonly states: string;
  readonly seconds: number;
}

async function checkModel(jar: string, name: string): Promise<Outcome> {
  const started = performance.now();
  const wanted = /^\\\* (holds|violates \w+)$/.exec((await readFile(join(DIRECTORY, `${name}.cfg`), 'utf8')).split('\n')[0] ?? '')?.[1] ?? 'a first line that says what must come out';
  const states = await mkdtemp(join(tmpdir(), 'strangler-tlc-'));
  const said = await new Promise<string>((resolve) => {
    execFile('java', [...JVM, '-cp', jar, 'tlc2.TLC', '-deadlock', '-workers', '1', '-metadir', states, '-config', `${name}.cfg`, `${name.split('.')[0] ?? ''}.tla`],
      { cwd: DIRECTORY, maxBuffer: 64_000_000 }, (_, stdout, stderr) => { resolve(stdout + stderr); });
  });
  await rm(states, { recursive: true, force: true });
  return { name, wanted, found: outcomeOf(said), states: /([\d,]+) distinct states found, 0 states left/.exec(said)?.[1] ?? '', seconds: Math.round((performance.now() - started) / 100) / 10 };
}

function outcomeOf(said: string): string {
  if (said.includes('No error has been found')) return 'holds';
  const violated = /Invariant (\w+) is violated/.exec(said)?.[1] ?? (said.includes('Temporal properties were violated') ? 'Liveness' : undefined);
  return violated === undefined ? `cannot be checked: ${said.split('\n').filter((line) => /error|java|exception/i.test(line)).slice(0, 3).join(' / ')}` : `violates ${violated}`;
}

const all = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.cfg')).map((file) => file.slice(0, -4)).sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No such model: ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  process.exit(2);
}
const jar = await tlaTools();
const queue = asked.length > 0 ? asked : all;
const outcomes: Outcome[] = [];
const worker = async (): Promise<void> => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const outcome = await checkModel(jar, name);
    outcomes.push(outcome);
    const { wanted, found, states, seconds } = outcome;
    console.log(`${found === wanted ? 'as it must' : 'OTHERWISE '}  ${name}: ${found}${found === wanted ? '' : `, and should be: ${wanted}`}${states === '' ? '' : `, all of ${states} states`}; ${String(seconds)} s`);
  }
};
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
process.exitCode = outcomes.every(({ wanted, found }) => wanted === found) ? 0 : 1;
