import { mkdtemp, readFile, rm, writeFile, appendFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fileJournal, standing, type JournalEntry } from './journal.ts';

let directory: string;
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'strangler-journal-')); });
afterEach(async () => { await rm(directory, { recursive: true, force: true }); });

const started: JournalEntry = { run: 1, atMs: 5, event: 'started', direction: 'forward', tables: ['books'], by: 'ada', why: 'ready' };
const file = (): string => join(directory, 'cutover', 'catalog.ndjson');

test('what was written is read back by another process', async () => {
  const journal = fileJournal(directory, 'catalog');
  expect(await journal.entries()).toEqual([]);
  await journal.append(started, { durable: true });
  await journal.append({ run: 1, atMs: 6, event: 'step', step: 'hold', ms: 1, detail: { id: 'h1' } }, { durable: false });
  await journal.entries(); // what need not be durable is not waited for when it is appended, but before it is read
  expect(standing(await fileJournal(directory, 'catalog').entries())).toMatchObject({ kind: 'reversible', run: 1, holdId: 'h1', nextRun: 2 });
  expect((await readFile(file(), 'utf8')).split('\n')).toHaveLength(3);
});

test('a line that a crash tore is dropped, and the next one starts on its own line', async () => {
  await fileJournal(directory, 'catalog').append(started, { durable: true });
  await appendFile(file(), '{"run":1,"atMs":7,"event":"comm');
  const journal = fileJournal(directory, 'catalog');
  expect(await journal.entries()).toEqual([started]);
  await journal.append({ run: 1, atMs: 8, event: 'committing' }, { durable: true });
  expect(standing(await journal.entries())).toMatchObject({ kind: 'committed' });
});

test('a line that somebody damaged is never guessed at', async () => {
  await mkdir(join(directory, 'cutover'));
  await writeFile(file(), `${JSON.stringify(started)}\noops\n${JSON.stringify(started)}\n`);
  await expect(fileJournal(directory, 'catalog').entries()).rejects.toMatchObject({ code: 'STR_CUTOVER_LOG_DAMAGED', message: expect.stringMatching(/:2 is no entry/) });
});

test('a run that was refused after it asked for the flip is to be undone, and one that asked again is to be finished', () => {
  const asked: JournalEntry = { run: 1, atMs: 8, event: 'committing' };
  const refused: JournalEntry = { run: 1, atMs: 9, event: 'refused', because: 'expired' };
  expect(standing([started, asked]).kind).toBe('committed');
  expect(standing([started, asked, refused]).kind).toBe('reversible');
  expect(standing([started, asked, refused, { run: 1, atMs: 10, event: 'closed', outcome: 'released' }])).toEqual({ kind: 'closed', nextRun: 2 });
});
