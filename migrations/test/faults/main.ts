/**
 * `npm run faults:data [-- --kills N] [--seed S] [--only sink,reader,…] [--json FILE [--add]] [--keep DIR]`: kills with -9 what moves the data, at random moments under load, and has both
 * databases' own histories compared; then other faults, where the message counts as well. One line each; exits 1 on any loss. Full disks and cut networks need root.
 * `connect` and `broker` start Kafka and Debezium, and run only when they are named; what they leave is kept in DIR when something was lost.
 */
import { parseArgs } from 'node:util';
import { FAULTS, faultTrial, isAsExpected, type FaultResult } from './faults.ts';
import { KAFKA_TARGETS, kafkaKillTrial, type KafkaTarget } from './kafka.ts';
import { isClean, KILLS, killTrial, type KillResult } from './kills.ts';
import { record } from './record.ts';
import { openStage } from './scene.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '4711' }, only: { type: 'string', multiple: true }, json: { type: 'string' }, add: { type: 'boolean', default: false }, keep: { type: 'string' }, row: { type: 'string' } } });
const [kills, seed] = [Number(values.kills), Number(values.seed)];
/** Its process is started by the command's tests: `--only proxy --row RESULT` joins what they have found. */
const MEASURED_ELSEWHERE = 'proxy';
const kafka: ReadonlySet<string> = new Set(KAFKA_TARGETS);
const toKill = [...Object.keys(KILLS), ...KAFKA_TARGETS];
const only = values.only?.flatMap((each) => each.split(',')).flatMap((each) => each === 'faults' ? Object.keys(FAULTS) : each === MEASURED_ELSEWHERE ? [] : each) ?? [...Object.keys(KILLS), ...Object.keys(FAULTS)];
const unknown = only.filter((target) => !toKill.includes(target) && !Object.hasOwn(FAULTS, target));
if (unknown.length > 0 || !(kills >= 1) || !Number.isInteger(seed)) {
  console.error(`--only takes ${[...toKill, ...Object.keys(FAULTS)].join(', ')}; --kills a number from 1, --seed a whole one.`);
  process.exit(2);
}

const results: KillResult[] = values.row === undefined ? [] : [JSON.parse(values.row) as KillResult];
const faults: FaultResult[] = [];
await using stage = await openStage({ listen_addresses: only.includes('network-cut') ? '*' : '127.0.0.1' });
for (const target of only.filter((name) => toKill.includes(name))) {
  const result = kafka.has(target) ? await kafkaKillTrial(stage, target as KafkaTarget, kills, seed, values.keep) : await killTrial(stage, target, kills, seed);
  results.push(result);
  const { findings, seconds, moments = {}, ...figures } = result;
  const shown = { ...figures, ...moments };
  console.log(`${Object.entries(shown).map(([name, value]) => `${name} ${String(value)}`).join(', ')}; ${String(seconds)} s`);
  for (const finding of findings) console.log(`  ${finding}`);
}
for (const name of only.filter((each) => Object.hasOwn(FAULTS, each))) {
  const result = await faultTrial(stage, name, seed);
  faults.push(result);
  console.log(`fault ${name}: ${result.outcome}; committed ${String(result.committed)}, applied ${String(result.applied)}\n  ${result.said}`);
  for (const finding of isAsExpected(result) ? [] : result.findings) console.log(`  ${finding}`);
}
if (values.json !== undefined) await record(values.json, results, faults, seed, values.add);
process.exitCode = results.every(isClean) && faults.every(isAsExpected) ? 0 : 1;
