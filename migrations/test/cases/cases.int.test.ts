import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ReplicationConfig, TableMapping } from '@strangler/kernel';
import { replay, type ReplayOptions } from '@strangler/migrations';
import { CASES, quoted, tellCase } from '../support/case-story.ts';
import { contents, databasePair, type Pair } from '../support/pair.ts';

let pair: Pair;
beforeEach(async () => { pair = await databasePair('history'); });
afterEach(async () => { await pair.close(); });

describe('after this history the copy equals the source, by the stream and by a replay of the log', () => {
  test.each(CASES)('%s', async (name) => {
    await expectReplayed(await tellCase(pair, name, (tables) => pair.start(tables)));
  });
});

/** The log alone rebuilds the tables; and repeated on the rows it has already made, it changes nothing. */
async function expectReplayed(tables: Readonly<Record<string, TableMapping>>): Promise<void> {
  const mapping: ReplicationConfig = { from: 'monolith', to: 'catalog', tables };
  const options: ReplayOptions = { name: pair.name, mapping, logDirectory: pair.logDirectory, targetUrl: pair.targetUrl, from: 'start', execute: true };
  const targets = Object.entries(tables).map(([table, { into }]) => quoted(into ?? table));
  const before = await Promise.all(targets.map((table) => contents(pair.target, table)));

  await replay({ ...options, intoSchema: 'rebuilt' });
  expect(await Promise.all(targets.map((table) => contents(pair.target, `rebuilt.${table.replace(/^"[^"]*"\./, '')}`)))).toEqual(before);

  const repeated = await replay(options).then(() => 'repeated', (error: unknown) => (error as { code: string }).code);
  expect(['repeated', 'STR_REPLAY_NOT_IDEMPOTENT']).toContain(repeated);
  expect(await Promise.all(targets.map((table) => contents(pair.target, table)))).toEqual(before);
}
