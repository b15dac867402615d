/**
 * `npm run faults:data [-- --kills N] [--seed S] [--only sink,reader,…] [--json FILE]`: kills with -9 what moves the data, at random moments under load, and has both
 * databases' own histories compared. One line per target; exits 1 on any loss.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isClean, KILLS, killTrial, type KillResult } from './kills.ts';
import { openStage } from './scene.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '4711' }, only: { type: 'string', multiple: true }, json: { type: 'string' } } });
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const only = values.only?.flatMap((each) => each.split(',')) ?? Object.keys(KILLS);
const unknown = only.filter((target) => !Object.hasOwn(KILLS, target));
if (unknown.length > 0 || !(kills >= 1) || !Number.isInteger(seed)) {
  console.error(`--only takes ${Object.keys(KILLS).join(', ')}; --kills a number from 1, --seed a whole one.`);
  process.exit(2);
}

const results: KillResult[] = [];
await using stage = await openStage();
for (const target of only) {
  const result = await killTrial(stage, target, kills, seed);
  results.push(result);
  const { findings, seconds, ...shown } = result;
  console.log(`${Object.entries(shown).map(([name, value]) => `${name} ${String(value)}`).join(', ')}; ${String(seconds)} s`);
  for (const finding of findings) console.log(`  ${finding}`);
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ command: `npm run faults:data -- --kills ${String(kills)} --seed ${String(seed)}`, cores: availableParallelism(), results }, null, 2)}\n`);
process.exitCode = results.every(isClean) ? 0 : 1;
