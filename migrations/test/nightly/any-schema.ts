/**
 * `node migrations/test/nightly/any-schema.ts SCHEMA.sql [--seconds 30] [--seed N] [--log embedded|transactions|keys]`: any schema, such as a public sample database's, in two databases (by `psql`; what
 * fails in it and what it COPYs from files is passed over), rows and changes made up for every column, copied and followed while the sink is stopped and started again; then verified. Check
 * constraints are dropped, and tables left out that lack a primary key or have a type nobody here can make values of. Prints one line; exits 1 unless both sides are equal.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TableMapping } from '@strangler/kernel';
import { startPostgres } from '@strangler/local-postgres';
import { emitMarker, verify, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import type pg from 'pg';
import { seededDice } from '../faults/dice.ts';
import { startDebezium } from '../support/debezium.ts';
import { databasePair } from '../support/pair.ts';
import { randomChange, randomTables, randomValue, type RandomTable } from '../support/random-rows.ts';

const { values, positionals: [file] } = parseArgs({ allowPositionals: true, options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string', default: '4711' }, log: { type: 'string', default: 'embedded' } } });
if (file === undefined || !['embedded', 'transactions', 'keys'].includes(values.log)) {
  console.error('any-schema.ts SCHEMA.sql [--seconds N] [--seed N] [--log embedded|transactions|keys]');
  process.exit(2);
}
const dice = seededDice(Number(values.seed));
const below = (end: number): number => Math.floor(dice() * end);
const directory = await mkdtemp(join(tmpdir(), 'strangler-any-'));
const server = await startPostgres({ directory, settings: { fsync: 'off', max_connections: '60', wal_level: 'logical' } });
process.env['TEST_DATABASE_URL'] = server.url();
const debezium = values.log === 'embedded' ? undefined : await startDebezium();
const pair = await databasePair('any');
let running: RunningReplication | undefined;
try {
  await load(file);
  const all = await randomTables(pair.source);
  const tables = all.filter(({ columns }) => columns.every((column) => randomValue({ ...column, required: true }, dice) !== undefined));
  if (tables.length === 0) throw new Error(`${file} leaves no table whose every column can be filled`);
  await inOne(pair.source, async () => { for (const table of tables) for (let row = 0; row < 120; row += 1) await randomChange(pair.source, table, dice); });
  const options = optionsFor(tables);
  const start = async (): Promise<RunningReplication> => {
    const started = await pair.start(options.mapping.tables, options);
    started.failed.catch(() => undefined);
    return started;
  };
  running = await start();
  await debezium?.register(pair, options.mapping.tables, {}, values.log === 'keys' ? 'keys' : 'transactions');
  let [changes, restarts] = [0, 0];
  for (const end = Date.now() + Number(values.seconds) * 1_000, restartEvery = 4_000; Date.now() < end;) {
    changes += await burst(tables);
    if (Date.now() > end - Number(values.seconds) * 1_000 + (restarts + 1) * restartEvery) {
      await running.stop();
      running = await start();
      restarts += 1;
    }
    await delay(2);
  }
  await Promise.race([running.failed, waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'end'), { deadlineMs: 180_000 })]);
  const verdict = await verify({ mapping: options.mapping, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl });
  const differing = verdict.tables.filter(({ checked, differing: rows }) => !checked || rows.length > 0).map(({ table, differing: rows }) => `${table}: ${JSON.stringify(rows.slice(0, 3))}`);
  console.log(JSON.stringify({ file, log: values.log, seed: Number(values.seed), tables: tables.length, leftOut: all.length - tables.length, changes, restarts, verdict: verdict.kind, differing }));
  process.exitCode = verdict.kind === 'Verified' ? 0 : 1;
} finally {
  await running?.stop().catch(() => undefined);
  await debezium?.unregister(pair);
  await pair.close();
  await debezium?.stop();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}

async function load(path: string): Promise<void> {
  const input = (await readFile(path, 'utf8')).split('\n').filter((line) => !/^\s*\\/.test(line)).join('\n');
  for (const [client, url] of [[pair.source, pair.sourceUrl], [pair.target, pair.targetUrl]] as const) {
    execFileSync('psql', [url, '-q'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
    await client.query(`DO $$ DECLARE it record; BEGIN
      FOR it IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 AND conislocal AND connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', it.t, it.conname); END LOOP; END $$`);
    for (const { quoted } of await randomTables(client)) await client.query(`TRUNCATE ${quoted} CASCADE`);
    await client.query('SET session_replication_role = replica');
  }
}

function optionsFor(tables: readonly RandomTable[]): ReplicateOptions {
  const mapped = Object.fromEntries(tables.map(({ name, columns }): [string, TableMapping] => [name, { key: columns.filter(({ key }) => key).map((column) => column.name) }]));
  const options = pair.options(mapped, debezium === undefined ? {} : { kafka: debezium.access });
  return debezium === undefined ? options : { ...options, mapping: { ...options.mapping, log: 'kafka', ...(values.log === 'keys' ? { reading: 'keys' as const } : {}) } };
}

/** One transaction over one to three tables, now and then rolled back; and seldom a TRUNCATE with all that refers to it. @returns changes of it that were taken */
async function burst(tables: readonly RandomTable[]): Promise<number> {
  const any = (): RandomTable => tables[below(tables.length)] ?? (() => { throw new Error('no table to change'); })();
  let done = 0;
  await inOne(pair.source, async () => {
    for (let part = 0; part <= below(3); part += 1) {
      const table = any();
      for (let left = 1 + below(below(6) === 0 ? 60 : 4); left > 0; left -= 1) done += await randomChange(pair.source, table, dice) ? 1 : 0;
    }
  }, below(8) === 0 ? 'ROLLBACK' : 'COMMIT');
  if (below(150) === 0) await pair.source.query(`TRUNCATE ${any().quoted} CASCADE`);
  return done;
}

async function inOne(client: pg.Client, work: () => Promise<void>, end = 'COMMIT'): Promise<void> {
  await client.query('BEGIN');
  await work();
  await client.query(end);
}
