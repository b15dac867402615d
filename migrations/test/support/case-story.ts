import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { ReplicationConfig, TableMapping } from '@strangler/kernel';
import { emitMarker, verify, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import type pg from 'pg';
import { contents, type Pair } from './pair.ts';

const CASES_DIRECTORY = join(import.meta.dirname, '..', 'cases');
export const CASES = readdirSync(CASES_DIRECTORY, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

export type Tables = Readonly<Record<string, TableMapping>>;

/**
 * A directory is a case: `schema.sql` for both sides (`target-schema.sql` where the target differs), `before.sql` for the snapshot, `target.sql` and `during.sql` for
 * what happens while it streams, `expect.sql` with questions the target must answer with true. Tables are mapped by their primary keys unless `mapping.json` says more.
 * Afterwards the copy equals the source, whatever way the changes came.
 * @param leaveOut what a reader cannot carry: columns, or a whole table
 */
export async function tellCase(pair: Pair, name: string, start: (tables: Tables) => Promise<RunningReplication>, leaveOut: (tables: Tables) => Tables = (tables) => tables): Promise<Tables> {
  const directory = join(CASES_DIRECTORY, name);
  await pair.source.query(await sql(directory, 'schema'));
  await pair.target.query(await sql(directory, 'target-schema') || await sql(directory, 'schema'));
  await run(pair.source, await sql(directory, 'before'));
  const whole = await mappingOf(directory, pair.source);
  const tables = leaveOut(whole);

  const running = await start(tables);
  const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, name), { deadlineMs: 150_000 }); };
  void running.failed.catch(() => undefined);
  try {
    await Promise.race([settled(), running.failed]);
    await run(pair.target, await sql(directory, 'target'));
    await run(pair.source, await sql(directory, 'during'));
    await Promise.race([settled(), running.failed]);
  } finally {
    await running.stop();
  }
  await expectEqual(pair, tables);
  const mapping: ReplicationConfig = { from: 'monolith', to: 'catalog', tables };
  expect(await verify({ mapping, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl, settleMs: 0 })).toMatchObject({ kind: 'Verified' });
  if (tables === whole) await expectAnswers(pair.target, await sql(directory, 'expect')); // else they may ask for what was left out
  return tables;
}

const sql = (directory: string, file: string): Promise<string> => readFile(join(directory, `${file}.sql`), 'utf8').catch(() => '');

const statementsOf = (text: string): string[] => text.split(/;\s*\n/).map((statement) => statement.trim()).filter((statement) => statement !== '');

/** One by one, so that what stands outside BEGIN and COMMIT is a transaction of its own. */
async function run(client: pg.Client, text: string): Promise<void> {
  for (const statement of statementsOf(text)) await client.query(statement);
}

async function mappingOf(directory: string, source: pg.Client): Promise<Record<string, TableMapping>> {
  const written = await readFile(join(directory, 'mapping.json'), 'utf8').catch(() => undefined);
  if (written !== undefined) return JSON.parse(written) as Record<string, TableMapping>;
  const { rows } = await source.query<{ name: string; key: string[] }>(`SELECT n.nspname || '.' || c.relname AS name, json_agg(a.attname ORDER BY k.position) AS key FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE i.indisprimary AND n.nspname !~ '^pg_' GROUP BY 1`);
  return Object.fromEntries(rows.map(({ name, key }) => [name, { key }]));
}

async function expectAnswers(target: pg.Client, text: string): Promise<void> {
  for (const question of statementsOf(text)) {
    const { rows } = await target.query<Record<string, unknown>>(question);
    expect([question, ...rows.map((row) => Object.values(row)[0])]).toEqual([question, true]);
  }
}

export const quoted = (name: string): string => (name.includes('.') ? name : `public.${name}`).replace(/^([^.]*)\.(.*)$/, (_, schema: string, table: string) => `"${schema}"."${table.replaceAll('"', '""')}"`);

async function expectEqual(pair: Pair, tables: Readonly<Record<string, TableMapping>>): Promise<void> {
  for (const [table, mapping] of Object.entries(tables)) {
    if (mapping.into !== undefined || mapping.omit !== undefined) continue;
    expect(await contents(pair.target, quoted(table))).toEqual(await contents(pair.source, quoted(table)));
  }
}
