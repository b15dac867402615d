import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { LEDGER_TABLE, watch } from './audit.ts';
import { check, FAULTS } from './check.ts';
import { readHistory } from './history.ts';

/** The triggers and the checker over two real databases; the sink is played by hand, rightly and wrongly. */
const WATCHED = { accounts: ['id'] };
let databases: TestDatabase[];
let source: pg.Client;
let target: pg.Client;
beforeEach(async () => {
  databases = [await testDatabase('history_source'), await testDatabase('history_target')];
  [source, target] = await Promise.all(databases.map(async ({ url }) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE accounts (id int PRIMARY KEY, balance int)');
    await watch(client, WATCHED);
    return client;
  })) as [pg.Client, pg.Client];
  await target.query('SET session_replication_role = replica'); // as a sink does: an ordinary trigger would be silent
});
afterEach(async () => {
  await Promise.all([source.end(), target.end()]);
  await Promise.all(databases.map((database) => database.close()));
});

const TRANSACTIONS = [
  ['INSERT INTO accounts VALUES (1, 100), (2, 100), (3, 100)'],
  ['UPDATE accounts SET balance = 90 WHERE id = 1', 'UPDATE accounts SET balance = 110 WHERE id = 2'],
  ['UPDATE accounts SET balance = 80 WHERE id = 1', 'DELETE FROM accounts WHERE id = 3'],
  ['UPDATE accounts SET id = 4 WHERE id = 2'],
];
const inserted = (index: number): string => `INSERT INTO ${LEDGER_TABLE} VALUES (1, ${String(index)})`;
const whole = (index: number): string[] => [...TRANSACTIONS[index] ?? [], inserted(index)];
const commit = (client: pg.Client, statements: readonly string[]): Promise<unknown> => client.query(['BEGIN', ...statements, 'COMMIT'].join('; '));

async function faults(applied: readonly (readonly string[])[]): Promise<string[]> {
  for (const index of TRANSACTIONS.keys()) await commit(source, whole(index));
  await source.query('BEGIN; UPDATE accounts SET balance = 0; ROLLBACK');
  for (const batch of applied) await commit(target, batch);
  const verdict = check(await readHistory(source, WATCHED), await readHistory(target, WATCHED));
  return FAULTS.filter((fault) => verdict[fault].length > 0);
}

test('a right sink is found right, in whatever batches it applies', async () => {
  expect(await faults([whole(0), [...whole(1), ...whole(2)], whole(3)])).toEqual([]);
});

test('a dropped transaction is found', async () => {
  expect(await faults([whole(0), whole(1), whole(3)])).toEqual(['lost', 'unequal']);
});

test('a transaction that is applied again, by upserts that hide it, is found', async () => {
  const again = ['UPDATE accounts SET id = 4 WHERE id = 4', `INSERT INTO ${LEDGER_TABLE} VALUES (1, 3) ON CONFLICT (writer, seq) DO UPDATE SET note = excluded.note`];
  expect(await faults([whole(0), whole(1), whole(2), whole(3), again])).toEqual(['doubled']);
});

test('two transactions on one key the wrong way round are found', async () => {
  expect(await faults([whole(0), whole(2), whole(1), whole(3)])).toEqual(['disordered', 'unequal']);
});

test('a split transaction is found, though all rows end right', async () => {
  const [first = '', second = ''] = TRANSACTIONS[1] ?? [];
  expect(await faults([whole(0), [first, inserted(1)], [second], whole(2), whole(3)])).toEqual(['torn']);
});

test('a row that was changed with its trigger off is found', async () => {
  const hidden = ['ALTER TABLE accounts DISABLE TRIGGER audit_note', 'UPDATE accounts SET balance = 1 WHERE id = 1', 'ALTER TABLE accounts ENABLE ALWAYS TRIGGER audit_note'];
  expect(await faults([whole(0), whole(1), whole(2), whole(3), hidden])).toEqual(['unequal']);
});
