import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { StepRefused, type SagaDefinition, type StepContext } from './definition.ts';
import { listSagas, retrySaga, showSaga, turnSagaBack } from './inspect.ts';
import { actOnce, compensateOnce, PARTICIPANT_TABLES } from './participant.ts';
import { runSagas } from './runner.ts';
import { beginSaga, SAGA_TABLES } from './store.ts';

let database: TestDatabase;
let sql: pg.Client;
/** The participants' own connection: a crash of the runner does not end it. */
let others: pg.Client;

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

beforeAll(async () => {
  database = await testDatabase('saga');
  [sql, others] = [await connected(), await connected()];
  await sql.query(SAGA_TABLES);
  await sql.query(`${PARTICIPANT_TABLES}; CREATE TABLE effect (what text, n int)`);
});
afterAll(async () => {
  await Promise.all([sql.end(), others.end()]);
  await database.close();
});
beforeEach(async () => { await sql.query('TRUNCATE strangler.saga CASCADE; TRUNCATE saga_participation, effect'); });

/** Net effects by participant, and how often each acted at all. */
const effects = async (): Promise<Record<string, [net: number, acts: number]>> => {
  const { rows } = await sql.query<{ what: string; net: number; acts: number }>('SELECT what, sum(n)::int AS net, (count(*) FILTER (WHERE n > 0))::int AS acts FROM effect GROUP BY what ORDER BY what');
  return Object.fromEntries(rows.map(({ what, net, acts }) => [what, [net, acts]]));
};
const phaseOf = async (id: string): Promise<string | undefined> => (await sql.query<{ phase: string }>('SELECT phase FROM strangler.saga WHERE id = $1', [id])).rows[0]?.phase;

type Fault = 'none' | 'refuses' | 'is silent' | 'answers never arrive';
const STEPS = ['reserve', 'book', 'charge'] as const;

/** The moment at which the runner's process dies, counted over everything it does; Infinity: never. */
interface Fate { at: number; now: number; die: () => void }
class Dead extends Error { override message = 'Connection terminated'; }
const moment = (fate: Fate): void => {
  fate.now += 1;
  if (fate.now < fate.at) return;
  fate.die();
  throw new Dead();
};

const put = (client: pg.ClientBase, what: string, n: number): Promise<unknown> => client.query('INSERT INTO effect VALUES ($1, $2)', [what, n]);

function trip(fault: Fault, faulty: string, fate: Fate): SagaDefinition {
  const retry = { attempts: 2, firstMs: 0, longestMs: 0 };
  const remote = (name: string) => ({
    name, retry,
    act: async ({ key }: StepContext): Promise<unknown> => {
      moment(fate);
      if (name === faulty && fault === 'refuses') throw new StepRefused('no');
      if (name === faulty && fault === 'is silent') throw new Error('no answer');
      const output = await actOnce(others, key, async (own) => { await put(own, name, 1); return name; });
      moment(fate);
      if (name === faulty && fault === 'answers never arrive') throw new Error('answer lost');
      return output;
    },
    compensate: async ({ key }: StepContext): Promise<void> => {
      moment(fate);
      await compensateOnce(others, key, (own) => put(own, name, -1));
      moment(fate);
    },
  });
  return {
    name: 'trip',
    steps: [remote('reserve'), {
      name: 'book', retry,
      inTransaction: async (client: pg.ClientBase, { outputs }: StepContext): Promise<unknown> => {
        if (faulty === 'book' && fault === 'refuses') throw new StepRefused('no');
        if (faulty === 'book' && fault !== 'none') throw new Error('no');
        await put(client, 'book', 1);
        return outputs['reserve'];
      },
      compensate: async ({ key }: StepContext): Promise<void> => {
        const { rows: [booked] } = await sql.query<{ there: boolean }>("SELECT exists(SELECT FROM strangler.saga_step WHERE step = 'book' AND output IS NOT NULL) AS there");
        await compensateOnce(others, key, () => Promise.resolve());
        if (booked?.there === true) await sql.query("INSERT INTO effect SELECT 'book', -1 WHERE (SELECT sum(n) FROM effect WHERE what = 'book') > 0");
      },
    }, remote('charge')],
  };
}

/** A client whose every query is two moments: before it reaches the server, and after, when the answer is not read any more. */
function mortal(client: pg.Client, fate: Fate): pg.ClientBase {
  const query = async (text: string, values?: unknown[]): Promise<unknown> => {
    moment(fate);
    const result = await client.query(text, values);
    moment(fate);
    return result;
  };
  return { query } as unknown as pg.ClientBase;
}

/** Runs until nothing is left to do; true when the runner died on the way. */
async function runWithDeath(fault: Fault, faulty: string, at: number): Promise<boolean> {
  const client = await connected();
  const fate: Fate = { at, now: 0, die: () => undefined };
  let died = false;
  try {
    while (await runSagas(mortal(client, fate), { definitions: [trip(fault, faulty, fate)] }));
  } catch (error) {
    if (!(error instanceof Dead)) throw error;
    died = true;
  } finally {
    await client.end();
  }
  // The dead one's lease runs out, and another goes on.
  await sql.query('UPDATE strangler.saga SET free_from = now()');
  const alive: Fate = { at: Infinity, now: 0, die: () => undefined };
  while (await runSagas(sql, { definitions: [trip(fault, faulty, alive)] }));
  return died;
}

describe('a saga whose runner dies at any moment', () => {
  const faults: [Fault, string][] = [['none', ''], ...STEPS.flatMap((step): [Fault, string][] => [['refuses', step], ['is silent', step], ['answers never arrive', step]])];

  test.each(faults)('is whole or undone when, on the way, a step %s: %s', async (fault, faulty) => {
    let moments = 0;
    for (let died = true; died; moments += 1) {
      await sql.query('TRUNCATE strangler.saga CASCADE; TRUNCATE saga_participation, effect');
      await beginSaga(sql, { id: 't1', name: 'trip', input: {} });
      died = await runWithDeath(fault, faulty, moments + 1);
      const left = await effects();
      expect({ moment: moments, phase: await phaseOf('t1'), wrong: Object.entries(left).filter(([, [net, acts]]) => acts > 1 || net !== (fault === 'none' ? 1 : 0)) })
        .toEqual({ moment: moments, phase: fault === 'none' ? 'done' : 'undone', wrong: [] });
      if (fault === 'none') expect(Object.keys(left)).toEqual(['book', 'charge', 'reserve']);
    }
    expect(moments).toBeGreaterThan(8);
  });
});

const alive: Fate = { at: Infinity, now: 0, die: () => undefined };

test('begins once under one id, and hands each step what the earlier ones answered', async () => {
  expect([await beginSaga(sql, { id: 't1', name: 'trip', input: { a: 1 } }), await beginSaga(sql, { id: 't1', name: 'trip', input: {} })]).toEqual([true, false]);
  while (await runSagas(sql, { definitions: [trip('none', '', alive)] }));
  expect((await showSaga(sql, 't1'))?.steps.map(({ step, state, output }) => [step, state, output])).toEqual([['reserve', 'acted', 'reserve'], ['book', 'acted', 'reserve'], ['charge', 'acted', 'charge']]);
});

test('a step that is not done in time by the database\'s clock is given up, and what was attempted is taken back', async () => {
  let taken = 0;
  const definition: SagaDefinition = { name: 'slow', steps: [{ name: 'ask', timeoutMs: 1, retry: { attempts: 100, firstMs: 20, longestMs: 20 }, act: () => Promise.reject(new Error('no answer')), compensate: () => { taken += 1; return Promise.resolve(); } }] };
  await beginSaga(sql, { id: 's1', name: 'slow', input: {} });
  while (await phaseOf('s1') !== 'undone') await runSagas(sql, { definitions: [definition] });
  const shown = await showSaga(sql, 's1');
  expect([taken, shown?.saga.reason]).toEqual([1, 'ask: not done in time (no answer)']);
});

test('several runners share the sagas and none takes another\'s', async () => {
  for (let index = 0; index < 40; index += 1) await beginSaga(sql, { id: `m${String(index)}`, name: 'many', input: {} });
  const hands = new Map<string, number>();
  const definition: SagaDefinition = { name: 'many', steps: [{ name: 'once', act: ({ sagaId }) => { hands.set(sagaId, (hands.get(sagaId) ?? 0) + 1); return new Promise((resolve) => { setImmediate(resolve); }); } }] };
  const runners = await Promise.all([1, 2, 3, 4].map(connected));
  await Promise.all(runners.map(async (client) => { while (await runSagas(client, { definitions: [definition] })); }));
  await Promise.all(runners.map((client) => client.end()));
  expect([hands.size, Math.max(...hands.values())]).toEqual([40, 1]);
});

test('a runner whose saga was taken up by another stores nothing', async () => {
  await beginSaga(sql, { id: 'f1', name: 'fenced', input: {} });
  const definition: SagaDefinition = { name: 'fenced', steps: [{ name: 'slow', act: async () => { await sql.query('UPDATE strangler.saga SET version = version + 1'); return 'late'; } }] };
  const client = await connected();
  await runSagas(client, { definitions: [definition] });
  await client.end();
  expect((await showSaga(sql, 'f1'))?.steps.map(({ state }) => state)).toEqual(['acting']);
});

test('what goes back is tried until it succeeds, is listed as stuck meanwhile, and can be tried at once', async () => {
  let mended = false;
  const definition: SagaDefinition = { name: 'stuck', steps: [{ name: 'ask', retry: { firstMs: 0, longestMs: 0 }, act: () => Promise.reject(new StepRefused('no')), compensate: () => mended ? Promise.resolve() : Promise.reject(new Error('bank closed')) }] };
  await beginSaga(sql, { id: 'k1', name: 'stuck', input: {} });
  for (let times = 0; times < 4; times += 1) await runSagas(sql, { definitions: [definition] });
  expect(await listSagas(sql)).toMatchObject([{ id: 'k1', phase: 'backward', step: 'ask', lastError: 'bank closed', reason: 'ask: no' }]);
  mended = true;
  expect(await retrySaga(sql, 'k1')).toBe(true);
  await runSagas(sql, { definitions: [definition] });
  expect([await phaseOf('k1'), await listSagas(sql, { all: true }), await retrySaga(sql, 'k1')]).toEqual(['undone', [], false]);
});

test('one that goes forward can be turned back by hand; one that is done cannot', async () => {
  const definition = trip('is silent', 'charge', alive);
  await beginSaga(sql, { id: 'b1', name: 'trip', input: {} });
  await runSagas(sql, { definitions: [definition] });
  expect(await turnSagaBack(sql, 'b1', 'the customer called')).toBe(true);
  while (await runSagas(sql, { definitions: [definition] }));
  expect([(await showSaga(sql, 'b1'))?.saga.reason, await phaseOf('b1'), await turnSagaBack(sql, 'b1', 'again')]).toEqual(['the customer called', 'undone', false]);
  expect(Object.values(await effects()).map(([net]) => net)).toEqual([0, 0]);
});
