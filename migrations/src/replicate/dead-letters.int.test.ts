import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { emitMarker, listDeadLetters, openDrain, readCheckpoint, replicate, waitForCheckpoint, workDeadLetters, type DeadLetterRequest, type RunningReplication } from '@strangler/migrations';
import fc from 'fast-check';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
let running: RunningReplication | undefined;
const TABLES = { films: { key: ['id'] }, seats: { key: ['id'] } };
const SCHEMA = `CREATE TABLE films (id int PRIMARY KEY, title text, rating int); CREATE TABLE seats (id int PRIMARY KEY, film int REFERENCES films, code text UNIQUE)`;

beforeEach(async () => {
  pair = await databasePair('parked');
  for (const side of [pair.source, pair.target]) await side.query(SCHEMA);
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g, g FROM generate_series(1, 10) AS g; INSERT INTO seats SELECT g, g, 'S' || g FROM generate_series(1, 10) AS g");
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

const options = (more: object = {}) => { const base = pair.options(TABLES); return { ...base, mapping: { ...base.mapping, onRefusal: 'park' as const, ...more } }; };
const start = async (more: object = {}): Promise<void> => {
  running = await replicate(options(more));
  running.failed.catch(() => undefined);
  await settled();
};
const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 20_000 }); };
/** Each is a transaction of its own. */
const write = async (...transactions: readonly string[]): Promise<void> => { for (const transaction of transactions) await pair.source.query(transaction); };
const letters = () => listDeadLetters({ name: pair.name, mapping: options().mapping, targetUrl: pair.targetUrl });
const work = (request: Pick<DeadLetterRequest, 'action' | 'letters'>) => workDeadLetters({ name: pair.name, mapping: options().mapping, targetUrl: pair.targetUrl, request: { why: 'a test', by: 'tester', ...request }, deadlineMs: 20_000 });
const equal = async (): Promise<void> => { for (const table of Object.keys(TABLES)) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table)); };

describe('a transaction that the target refuses', () => {
  beforeEach(async () => {
    await start();
    await pair.target.query('ALTER TABLE films ADD CONSTRAINT rated CHECK (rating < 100)');
    await write("UPDATE films SET title = 'in the same transaction' WHERE id = 1; UPDATE films SET rating = 500 WHERE id = 2", "UPDATE films SET title = 'behind' WHERE id = 1", "UPDATE films SET title = 'free' WHERE id = 3",
      "UPDATE films SET title = 'two' WHERE id = 1; UPDATE films SET title = 'drawn in' WHERE id = 4", 'DELETE FROM seats WHERE id = 4', "UPDATE films SET title = 'behind, by another row' WHERE id = 4");
    await settled();
  });

  test('is parked whole, with what touches the same rows, in order; all else goes on', async () => {
    expect(await contents(pair.target, 'films')).toEqual(expect.arrayContaining(['(1,"Film 1",1)', '(3,free,3)', '(4,"Film 4",4)']));
    expect((await letters()).map(({ as, behind, events }) => [as, behind, events.length])).toEqual([['refused', 3, 2], ['behind', 0, 1], ['behind', 0, 2], ['behind', 0, 1]]);
    expect((await letters())[0]).toMatchObject({ code: 'STR_APPLY_FAILED', reason: expect.stringMatching(/\(id = 2\).*rated/) });
    expect(await readCheckpoint(pair.targetUrl, pair.name)).toMatchObject({ parked: 4, transactionsApplied: 2 });
  });

  test('goes in when the target is mended, by the sink that runs', async () => {
    const refused = await work({ action: 'retry', letters: [] });
    expect([refused.applied, refused.failed?.code, refused.waiting.length]).toEqual([[], 'STR_APPLY_FAILED', 3]);
    await pair.target.query('ALTER TABLE films DROP CONSTRAINT rated');
    const done = await work({ action: 'retry', letters: [] });
    expect([done.applied.length, done.failed]).toEqual([4, undefined]);
    await equal();
    expect(await readCheckpoint(pair.targetUrl, pair.name)).toMatchObject({ parked: 0, transactionsApplied: 6 });
  });

  test('goes in without a sink, too; and a restart remembers what it must hold back', async () => {
    await running?.stop();
    await start();
    await pair.source.query("UPDATE films SET title = 'later' WHERE id = 4");
    await settled();
    expect(await letters()).toHaveLength(5);
    await running?.stop();
    await pair.target.query('ALTER TABLE films DROP CONSTRAINT rated');
    expect((await work({ action: 'retry', letters: [] })).applied).toHaveLength(5);
    await equal();
  });

  test('can be thrown away: what is lost is written down, and what waited behind is tried', async () => {
    const [first] = await letters();
    const outcome = await work({ action: 'discard', letters: [first?.id ?? '', '0/1'] });
    expect(outcome).toMatchObject({ discarded: [first?.id], unknown: ['0/1'] });
    expect(outcome.applied).toHaveLength(3);
    expect((await pair.target.query<{ action: string; why: string; by: string; n: number }>("SELECT action, why, by, json_array_length(events) AS n FROM strangler.dead_letter_audit WHERE action = 'discard'")).rows)
      .toEqual([{ action: 'discard', why: 'a test', by: 'tester', n: 2 }]);
    expect(await contents(pair.target, 'films')).toEqual(expect.arrayContaining(['(1,two,1)', '(2,"Film 2",2)', '(4,"behind, by another row",4)']));
  });

  test('stands in the way of a cut-over', async () => {
    await using drain = await openDrain({ sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl, name: pair.name });
    await expect(drain.caughtUp(await drain.marker(), 10_000)).rejects.toMatchObject({ code: 'STR_DEAD_LETTERS_OPEN', exitCode: 1 });
  });
});

test('a row that refers to a parked one waits for it; a unique value that a parked row has stays reserved', async () => {
  await start();
  await pair.target.query("ALTER TABLE films ADD CONSTRAINT rated CHECK (rating < 100); ALTER TABLE seats ADD CONSTRAINT plain CHECK (code <> 'X1')");
  await write("INSERT INTO films VALUES (20, 'refused', 500)", "INSERT INTO seats VALUES (20, 20, 'S20')", "INSERT INTO seats VALUES (21, 1, 'X1')", "UPDATE seats SET code = 'X2' WHERE id = 21", "INSERT INTO seats VALUES (22, 1, 'X1')", "INSERT INTO seats VALUES (23, 1, 'S23')");
  await settled();
  expect((await letters()).map(({ as }) => as)).toEqual(['refused', 'behind', 'refused', 'behind', 'behind']);
  expect(await contents(pair.target, 'seats')).toContain('(23,1,S23)');
  await pair.target.query('ALTER TABLE films DROP CONSTRAINT rated; ALTER TABLE seats DROP CONSTRAINT plain');
  await work({ action: 'retry', letters: [] });
  await equal();
});

test('of a snapshot only the rows at fault are parked; a truncate waits behind them', async () => {
  await pair.target.query('ALTER TABLE films ADD CONSTRAINT rated CHECK (rating <> 5)');
  await start();
  expect(await contents(pair.target, 'films')).toHaveLength(9);
  await write("UPDATE films SET title = 'behind' WHERE id = 5", "TRUNCATE films, seats; INSERT INTO films VALUES (5, 'new', 50)", "INSERT INTO films VALUES (6, 'after the truncate', 6)");
  await settled();
  expect((await letters()).map(({ as }) => as)).toEqual(['refused', 'behind', 'behind', 'behind', 'behind']);
  expect(await contents(pair.target, 'seats')).toHaveLength(9); // the tenth refers to the parked film
  await pair.target.query('ALTER TABLE films DROP CONSTRAINT rated');
  await work({ action: 'retry', letters: [] });
  await equal();
});

test('there is a limit, past which it stops', async () => {
  await start({ parkAtMost: { transactions: 2 } });
  await pair.target.query('ALTER TABLE films ADD CONSTRAINT rated CHECK (rating < 100)');
  for (const id of [1, 2, 3]) await pair.source.query('UPDATE films SET rating = 500 WHERE id = $1', [id]);
  await expect(running?.failed).rejects.toMatchObject({ code: 'STR_DEAD_LETTERS_FULL', exitCode: 3 });
  expect(await letters()).toHaveLength(2);
});

test('whatever is refused and whatever depends on it: once mended, both sides are equal', async () => {
  await start();
  const seat = fc.record({ kind: fc.constantFrom('insert', 'update', 'delete', 'move', 'film'), id: fc.integer({ min: 1, max: 12 }), value: fc.integer({ min: 0, max: 14 }) });
  await fc.assert(fc.asyncProperty(fc.array(fc.array(seat, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 }), async (transactions) => {
    await pair.target.query("ALTER TABLE seats ADD CONSTRAINT plain CHECK (code NOT LIKE '%7' AND code NOT LIKE '%3') NOT VALID");
    for (const steps of transactions) {
      await pair.source.query('BEGIN');
      for (const step of steps) {
        await pair.source.query('SAVEPOINT s');
        await pair.source.query(statement(step)).catch(() => pair.source.query('ROLLBACK TO s')); // a history the source refuses is none
      }
      await pair.source.query('COMMIT');
    }
    await settled();
    await pair.target.query('ALTER TABLE seats DROP CONSTRAINT plain');
    expect((await work({ action: 'retry', letters: [] })).failed).toBeUndefined();
    await equal();
    expect(await letters()).toEqual([]);
  }), { numRuns: 25 });
});

function statement({ kind, id, value }: { kind: string; id: number; value: number }): string {
  switch (kind) {
    case 'insert': return `INSERT INTO seats VALUES (${String(id)}, ${String(1 + id % 10)}, 'C${String(value)}')`;
    case 'update': return `UPDATE seats SET code = 'C${String(value)}' WHERE id = ${String(id)}`;
    case 'delete': return `DELETE FROM seats WHERE id = ${String(id)}`;
    case 'move': return `UPDATE seats SET id = ${String(value)} WHERE id = ${String(id)}`;
    default: return `UPDATE films SET rating = ${String(value)} WHERE id = ${String(id)}`;
  }
}
