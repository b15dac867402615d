import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { copying } from './copy.ts';
import { cuttingOver } from './cutover.ts';
import { kafka } from './kafka.ts';
import { latency } from './latency.ts';
import type { Row } from './row.ts';
import { startServers, type Bench } from './servers.ts';
import { streaming } from './streaming.ts';
import { verifying } from './verifying.ts';

/**
 * `npm run bench:data [-- --json FILE] [--runs N] [--scale FACTOR] [--only PART]… [--log embedded|kafka]`: what keeping two databases equal costs, beside what one would use otherwise. Two
 * PostgreSQL servers of our own, fsync on; ours and its peer in turns, medians. `--scale 0.1` is a look whether it runs.
 */
const { values } = parseArgs({ options: { json: { type: 'string' }, runs: { type: 'string', default: '3' }, scale: { type: 'string', default: '1' }, only: { type: 'string', multiple: true }, log: { type: 'string', default: 'embedded' } } });
const [runs, scale] = [Number(values.runs), Number(values.scale)];
const rows = (full: number): number => Math.max(1_000, Math.round(full * scale / 1_000) * 1_000);

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  streaming: (bench) => streaming(bench, { runs, rows: { 1: rows(60_000), 100: rows(300_000) } }),
  copying: (bench) => copying(bench, { runs, rows: rows(1_000_000) }),
  latency: (bench) => latency(bench, { runs, seconds: Math.max(1, 5 * scale), rates: [500, 2_000], markers: Math.max(20, Math.round(200 * scale)) }),
  cutover: () => cuttingOver({ cutovers: Math.max(2, Math.round(300 * scale)), log: values.log, goalMs: values.log === 'kafka' ? 500 : 50 }),
  kafka: (bench) => kafka(bench, { runs, rows: rows(30_000), seconds: Math.max(2, 5 * scale), rates: [2_000] }),
  verifying: (bench) => verifying(bench, { runs, rows: rows(1_000_000) }),
};

const unknown = (values.only ?? []).filter((part) => !Object.hasOwn(PARTS, part));
if (unknown.length > 0 || !(runs >= 1) || !(scale > 0)) {
  console.error(`--only takes ${Object.keys(PARTS).join(', ')}; --runs a number from 1, --scale one above 0.`);
  process.exit(2);
}

const [started, loadBefore] = [performance.now(), load()];
const servers = await startServers();
process.once('SIGINT', () => { void servers.stop().finally(() => process.exit(130)); });
const found: Row[] = [];
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (values.only?.includes(name) === false) continue;
    const [partStarted, before] = [performance.now(), load()];
    found.push(...await servers.with(`bench_${name}`, part));
    console.error(`${name}: ${((performance.now() - partStarted) / 1_000).toFixed(0)} s, load average ${before} → ${load()}`);
  }
} finally {
  await servers.stop();
}

console.table(found.map(({ name, runs: each, ...shown }) => ({ name, ...shown, runs: each.join(' ') })));
const about = { postgres: servers.version, cores: availableParallelism(), node: process.version, runs, scale, seconds: Math.round((performance.now() - started) / 1_000), loadAverage: { before: loadBefore, after: load() } };
console.log(`Two servers of PostgreSQL ${about.postgres} (fsync on), ${String(about.cores)} cores, Node ${about.node}, ${String(runs)} runs of each in turns, scale ${String(scale)}, ${String(about.seconds)} s; load average ${loadBefore} before, ${about.loadAverage.after} after.`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ command: 'npm run bench:data -- --json docs/benchmarks/data.json', ...about, rows: found }, null, 2)}\n`);

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
