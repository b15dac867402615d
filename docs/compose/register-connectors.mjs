// Registers every connector of migrations/connectors with Kafka Connect, and waits until all of them run.
//   node register-connectors.mjs http://connect:8083 DIR
// Slot and publication get names of their own: the sinks of this stack read the WAL themselves, under the names in the files.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const [connect = 'http://127.0.0.1:8083', directory = 'migrations/connectors'] = process.argv.slice(2);
const PATIENCE_MS = 120_000;

const names = [];
for (const file of (await readdir(directory)).filter((name) => name.endsWith('.json')).sort()) {
  const { name, config } = JSON.parse(await readFile(join(directory, file), 'utf8'));
  const own = `debezium_${name.replaceAll('-', '_')}`;
  const answer = await fetch(`${connect}/connectors/${name}/config`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...config, 'slot.name': own, 'publication.name': own }),
  });
  if (!answer.ok) fail(`${name} was refused: ${String(answer.status)} ${await answer.text()}`);
  names.push(name);
}

for (const until = Date.now() + PATIENCE_MS; ;) {
  const states = await Promise.all(names.map(async (name) => ({ name, ...await stateOf(name) })));
  const failed = states.find(({ state }) => state === 'FAILED');
  if (failed !== undefined) fail(`${failed.name} failed: ${failed.trace}`);
  if (states.every(({ state }) => state === 'RUNNING')) break;
  if (Date.now() > until) fail(`not running after ${String(PATIENCE_MS / 1000)} s: ${states.map(({ name, state }) => `${name} ${state}`).join(', ')}`);
  await delay(1_000);
}
process.stdout.write(`${names.map((name) => `${name} runs`).join('\n')}\n`);

/** A connector runs when it and all of its tasks do. */
async function stateOf(name) {
  const answer = await fetch(`${connect}/connectors/${name}/status`);
  if (!answer.ok) return { state: 'UNKNOWN', trace: '' };
  const { connector, tasks } = await answer.json();
  const all = [connector, ...tasks];
  const failed = all.find(({ state }) => state === 'FAILED');
  if (failed !== undefined) return { state: 'FAILED', trace: String(failed.trace ?? '').split('\n').slice(0, 3).join(' ') };
  return { state: tasks.length > 0 && all.every(({ state }) => state === 'RUNNING') ? 'RUNNING' : 'STARTING', trace: '' };
}

function fail(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
