import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { beginSaga, PARTICIPANT_TABLES, SAGA_TABLES } from '@strangler/migrations';
import { testDatabase } from '@strangler/testkit';
import pg from 'pg';
import { seeded } from './support/relay-trial.ts';

/** `STRANGLER_KILL_ROUNDS=60` for the record. */
const ROUNDS = Number(process.env['STRANGLER_KILL_ROUNDS'] ?? '12');
const SEED = Number(process.env['STRANGLER_KILL_SEED'] ?? '4711');
const SAGAS_PER_ROUND = 25;

test('runners that are killed again and again leave every saga whole or undone, and no cent lost', async () => {
  await using database = await testDatabase('saga_kill');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(SAGA_TABLES);
  await client.query(`${PARTICIPANT_TABLES}; CREATE TABLE purse (id int PRIMARY KEY, cents bigint NOT NULL DEFAULT 0, moves int NOT NULL DEFAULT 0); CREATE TABLE noted (saga text PRIMARY KEY); INSERT INTO purse SELECT generate_series(1, 10)`);
  const random = seeded(SEED);
  const start = () => spawn(process.execPath, [fileURLToPath(new URL('./support/saga-child.ts', import.meta.url)), database.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let steady: ReturnType<typeof spawn> = start(); // two share the work; one of them is killed
  let begun = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const victim = start();
    await once(victim.stdout, 'data');
    for (let saga = 0; saga < SAGAS_PER_ROUND; saga += 1, begun += 1) {
      await beginSaga(client, { id: `transfer-${String(begun)}`, name: 'transfer', input: { from: 1 + begun % 10, to: 1 + (begun * 3 + 1) % 10, cents: 1 + begun % 97 } });
    }
    await delay(random() * 300);
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    if (random() < 0.5) steady = await killed(steady, start);
  }
  const unfinished = async (): Promise<number> => (await client.query<{ n: number }>("SELECT count(*)::int AS n FROM strangler.saga WHERE phase IN ('forward', 'backward')")).rows[0]?.n ?? -1;
  for (const until = Date.now() + 90_000; await unfinished() > 0 && Date.now() < until;) await delay(100);
  steady.kill('SIGKILL');
  await once(steady, 'exit');
  const { end, wrong } = await judge(client);
  await client.end();
  process.stdout.write(`sagas: ${JSON.stringify({ kills: ROUNDS, begun, ...end, wrongPurses: wrong.length })}\n`);
  expect({ ...end, all: end.done + end.undone, wrong }).toMatchObject({ wrong_notes: 0, all: begun, wrong: [] });
  expect(Math.min(end.done, end.undone)).toBeGreaterThan(0);
}, 300_000 + ROUNDS * 12_000);

interface End { readonly done: number; readonly undone: number; readonly wrong_notes: number }

/** Purses must hold what the finished transfers say, and each of those its note. */
async function judge(client: pg.Client): Promise<{ readonly end: End; readonly wrong: readonly unknown[] }> {
  const { rows: [end] } = await client.query<End>(`SELECT count(*) FILTER (WHERE phase = 'done')::int AS done, count(*) FILTER (WHERE phase = 'undone')::int AS undone,
    count(*) FILTER (WHERE (phase = 'done') <> (id IN (SELECT saga FROM noted)))::int AS wrong_notes FROM strangler.saga`);
  const { rows: wrong } = await client.query(`SELECT p.id FROM purse p WHERE p.cents <> (SELECT coalesce(sum(CASE WHEN (input->>'to')::int = p.id THEN (input->>'cents')::int ELSE 0 END - CASE WHEN (input->>'from')::int = p.id THEN (input->>'cents')::int ELSE 0 END), 0)
    FROM strangler.saga WHERE phase = 'done')`);
  return { end: end ?? { done: 0, undone: 0, wrong_notes: -1 }, wrong };
}

async function killed(runner: ReturnType<typeof spawn>, start: () => ReturnType<typeof spawn>): Promise<ReturnType<typeof spawn>> {
  runner.kill('SIGKILL');
  await once(runner, 'exit');
  return start();
}
