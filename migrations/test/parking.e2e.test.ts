import { expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, listDeadLetters, readCheckpoint, waitForCheckpoint, workDeadLetters } from '@strangler/migrations';
import { contents, databasePair, type Pair } from './support/pair.ts';

const TABLES = { accounts: { key: ['id'] } };
const SCHEMA = 'CREATE TABLE accounts (id int PRIMARY KEY, balance int, note text)';

const optionsOf = (pair: Pair) => { const base = pair.options(TABLES); return { ...base, mapping: { ...base.mapping, onRefusal: 'park' as const } }; };

async function startSink(pair: Pair, waitForIt = true): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support/sink-child.ts'), JSON.stringify(optionsOf(pair))], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, NODE_OPTIONS: '' } });
  if (waitForIt) await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(([code]) => { throw new Error(`the sink ended with ${String(code)}`); })]);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

const settled = async (pair: Pair): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 60_000 }); };

test('a sink that is killed while it parks, and while it retries, neither loses nor doubles a transaction', async () => {
  const pair = await databasePair('killed_parking');
  await Promise.all([pair.source.query(SCHEMA), pair.target.query(SCHEMA)]);
  await end(await startSink(pair).then(async (sink) => { await settled(pair); return sink; }), 'SIGTERM');
  await pair.target.query('ALTER TABLE accounts ADD CONSTRAINT rich CHECK (balance % 7 <> 0)');
  let committed = 0;
  for (let round = 0; round < 6; round += 1) {
    const sink = await startSink(pair, round % 2 === 0);
    for (let step = 0; step < 40; step += 1, committed += 1) {
      const id = (round * 40 + step) % 23;
      await pair.source.query("INSERT INTO accounts VALUES ($1, $2, 'n') ON CONFLICT (id) DO UPDATE SET balance = accounts.balance + EXCLUDED.balance", [id, 1 + step % 5]);
    }
    await delay(round * 60);
    await end(sink, 'SIGKILL');
  }
  const finishing = await startSink(pair);
  await settled(pair);
  const open = await listDeadLetters({ ...optionsOf(pair) });
  expect(open.length).toBeGreaterThan(0);
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.transactionsApplied).toBe(committed - open.length);
  await end(finishing, 'SIGTERM');

  await pair.target.query('ALTER TABLE accounts DROP CONSTRAINT rich');
  const request = { action: 'retry' as const, letters: [], why: 'mended', by: 'test' };
  for (let round = 0; round < 3; round += 1) {
    const sink = await startSink(pair);
    const asked = workDeadLetters({ ...optionsOf(pair), request, deadlineMs: 30 + round * 30 }).catch(() => undefined);
    await delay(20 + round * 30);
    await end(sink, 'SIGKILL');
    await asked;
  }
  const sink = await startSink(pair);
  await workDeadLetters({ ...optionsOf(pair), request });
  await end(sink, 'SIGTERM');
  expect(await listDeadLetters({ ...optionsOf(pair) })).toEqual([]);
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.transactionsApplied).toBe(committed);
  expect(await contents(pair.target, 'accounts')).toEqual(await contents(pair.source, 'accounts'));
  await pair.close();
}, 240_000);

test('a sink that stood still for long and wakes up is fenced off by the one that took over', async () => {
  const pair = await databasePair('stopped');
  await Promise.all([pair.source.query(SCHEMA), pair.target.query(SCHEMA)]);
  const sleeper = await startSink(pair);
  await settled(pair);
  sleeper.kill('SIGSTOP');
  await pair.source.query("INSERT INTO accounts SELECT g, g, 'while it slept' FROM generate_series(1, 500) AS g");
  // While its session lives, nobody else may write.
  const request = { action: 'retry' as const, letters: [], why: 'a second sink', by: 'test' };
  await expect(workDeadLetters({ ...optionsOf(pair), request, deadlineMs: 1_000 })).rejects.toMatchObject({ code: 'STR_DEAD_LETTERS_BUSY' });
  // Its sessions end without its knowledge, as they do when a host is cut off: the lock is free for another one.
  await pair.target.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'strangler'");
  await pair.source.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL", [`strangler_${pair.name.replaceAll('-', '_')}`]);
  const before = (await readCheckpoint(pair.targetUrl, pair.name))?.epoch ?? 0n;
  await workDeadLetters({ ...optionsOf(pair), request }); // a sink for a moment: it takes lock and epoch
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.epoch).toBe(before + 1n);
  sleeper.kill('SIGCONT');
  await pair.source.query("UPDATE accounts SET note = 'after it woke'");
  await settled(pair); // it opens a new session, as any sink does, and with it a new epoch: what it had under way under the old one is not applied
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.epoch).toBeGreaterThan(before + 1n);
  expect(await contents(pair.target, 'accounts')).toEqual(await contents(pair.source, 'accounts'));
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.transactionsApplied).toBe(2);
  await end(sleeper, 'SIGTERM');
  await pair.close();
}, 120_000);
