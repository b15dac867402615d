import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { installFence, raiseFence } from '../cutover/fence.ts';
import { contractDatabase, expandAgain, type ContractOptions, type ContractReport } from './contract.ts';

let database: TestDatabase;
let client: pg.Client;

/** A library: `lending` is on its way out. Quoted names, a second schema, partitions, a composite and a deferrable key, one that was never validated. */
const LIBRARY = `
  CREATE SCHEMA lending; CREATE SCHEMA archive_room;
  CREATE TABLE readers (id int PRIMARY KEY, name text);
  CREATE TABLE books (isbn text, copy int, PRIMARY KEY (isbn, copy));
  CREATE TABLE lending.loans (id int, day date, reader int CONSTRAINT "loans reader" REFERENCES readers DEFERRABLE INITIALLY DEFERRED, isbn text, copy int, PRIMARY KEY (id, day),
    CONSTRAINT loans_copy FOREIGN KEY (isbn, copy) REFERENCES books ON UPDATE CASCADE) PARTITION BY RANGE (day);
  CREATE TABLE lending.loans_2025 PARTITION OF lending.loans FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE "Fines" (id int PRIMARY KEY, loan int, day date, CONSTRAINT fines_loan FOREIGN KEY (loan, day) REFERENCES lending.loans);
  CREATE TABLE letters (id int PRIMARY KEY, fine int REFERENCES "Fines" ON DELETE SET NULL, reader int REFERENCES readers);
  CREATE TABLE old_letters (id int PRIMARY KEY, fine int);
  INSERT INTO old_letters VALUES (1, 999);
  ALTER TABLE old_letters ADD CONSTRAINT old_letters_fine FOREIGN KEY (fine) REFERENCES "Fines" NOT VALID;
  INSERT INTO readers VALUES (1, 'Emma'); INSERT INTO books VALUES ('111', 1); INSERT INTO lending.loans VALUES (7, '2025-05-01', 1, '111', 1); INSERT INTO "Fines" VALUES (3, 7, '2025-05-01'); INSERT INTO letters VALUES (9, 3, 1);`;
const MOVING = ['lending.loans', 'Fines', 'elsewhere'];

beforeEach(async () => {
  database = await testDatabase('library_contract');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(LIBRARY);
  await installFence(client);
});
afterEach(async () => {
  await client.end();
  await database.close();
});

const fence = (...tables: string[]): Promise<unknown> => raiseFence(client, { tables, owner: 'lending', deadlineMs: 5_000 });
const contract = (more: Partial<ContractOptions> = {}): Promise<ContractReport> => contractDatabase({ url: database.url, side: 'monolith', moving: MOVING, back: {}, execute: true, ...more });
const back = (execute = true) => expandAgain({ url: database.url, side: 'monolith', execute });
const keys = ({ foreignKeys }: ContractReport): string[] => foreignKeys.map(({ name }) => name).sort();

/** Tables and keys, as the catalog tells them. */
async function shape(): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(`
    SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS what FROM pg_constraint WHERE contype = 'f'
    UNION ALL SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'strangler') UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'strangler\\_%' ORDER BY 1`);
  return rows.map(({ what }) => what);
}

describe('contracting a database that is not the sample', () => {
  test('is refused while the old owner writes the tables', async () => {
    const before = await shape();
    await expect(contract()).rejects.toMatchObject({ code: 'STR_NOT_CUT_OVER', exitCode: 1, message: 'Fines, lending.loans are still written here: there is no fence.' });
    await expect(contract({ moving: [] })).rejects.toMatchObject({ code: 'STR_NOT_CUT_OVER', message: expect.stringContaining('No table') });
    expect(await shape()).toEqual(before);
  });

  test('drops the keys across the border, archives what moved with its partitions, and everything comes back as it was', async () => {
    await fence(...MOVING.slice(0, 2));
    const before = await shape();
    const plan = await contract({ execute: false });
    expect(keys(plan)).toEqual(['letters_fine_fkey', 'loans reader', 'loans_copy', 'old_letters_fine']); // fines_loan goes along with both its ends
    expect(plan.archive.map(({ table, from, to }) => `${from}.${table} ${to}`)).toEqual(['lending.loans strangler_archive_lending', 'lending.loans_2025 strangler_archive_lending', 'public.Fines strangler_archive']);
    expect(await shape()).toEqual(before);

    await contract();
    expect((await client.query('SELECT f.id, l.isbn FROM strangler_archive."Fines" f JOIN strangler_archive_lending.loans l ON l.id = f.loan')).rows).toEqual([{ id: 3, isbn: '111' }]);
    await client.query('INSERT INTO letters VALUES (10, 4711, 1); DELETE FROM books; DELETE FROM letters WHERE id = 10; INSERT INTO books VALUES (\'111\', 1)'); // what the service owns is nobody's business here
    expect(await contract()).toMatchObject({ foreignKeys: [], archive: [] });

    expect((await back(false)).restored).toHaveLength(7);
    await back();
    expect(await shape()).toEqual(before);
    expect((await back()).restored).toEqual([]);
  });

  test('goes as far as the cut-over has come, and on when more has moved; a way back keeps its tables in place', async () => {
    await fence('Fines');
    const first = await contract({ back: { 'lending-back': ['public.Fines', 'lending.loans'] } });
    expect(keys(first)).toEqual(['fines_loan', 'letters_fine_fkey', 'old_letters_fine']);
    expect(first).toMatchObject({ ownHere: ['lending.loans'], archive: [{ table: 'Fines' }] });

    await fence('lending.loans');
    await client.query("CREATE TABLE strangler.checkpoint (replication text); INSERT INTO strangler.checkpoint VALUES ('lending-back')");
    const second = await contract({ back: { 'lending-back': ['public.Fines', 'lending.loans'] } });
    expect([keys(second), second.archive, second.followed]).toEqual([['loans reader', 'loans_copy'], [], [{ table: 'lending.loans', by: 'lending-back' }]]);
    expect((await contract()).archive).toHaveLength(2);
  });

  test('a reference that has lost its row is named, and guards new rows until it is mended', async () => {
    await fence(...MOVING.slice(0, 2));
    const before = await shape();
    await contract();
    await client.query('INSERT INTO letters VALUES (10, 4711, 1)');
    await expect(back()).rejects.toMatchObject({ code: 'STR_REFERENCE_LOST', exitCode: 1, message: expect.stringMatching(/letters_fine_fkey.*4711/) });
    await expect(client.query('INSERT INTO letters VALUES (11, 4712, 1)')).rejects.toThrow(/letters_fine_fkey/);
    await client.query('DELETE FROM letters WHERE id = 10');
    await back();
    expect(await shape()).toEqual(before);
  });

  test('gives way to whoever holds a table, and says so when the archive was dropped for good', async () => {
    await fence(...MOVING.slice(0, 2));
    const before = await shape();
    await client.query('BEGIN; SELECT * FROM letters');
    await expect(contract()).rejects.toMatchObject({ code: 'STR_TABLE_LOCKED', exitCode: 1 });
    await client.query('COMMIT');
    expect(await shape()).toEqual(before);
    await contract();
    await client.query('DROP SCHEMA strangler_archive CASCADE');
    await expect(back()).rejects.toMatchObject({ code: 'STR_ARCHIVE_GONE', exitCode: 1 });
  });
});
