import { expect, test } from '@jest/globals';
import { NOTHING_KEPT, type Kept } from '../../model/kept.ts';
import { parseWithOxc } from './oxc.ts';
import { parseFiles } from './parse-files.ts';
import { SharedWork } from './shared-work.ts';

/** Enough text for a second thread to pay. */
const films = Array.from({ length: 400 }, (_, i) => ({
  path: `films/film-${String(i)}.ts`,
  text: `import { db } from '../db';\n// ${'seats and screens '.repeat(160)}\nexport async function sell(seats: number): Promise<void> { await db('tickets').insert({ seats, title: "film ${String(i)}" }); }\n`,
}));

test('two threads give the facts that one gives, and all of them are kept', async () => {
  const kept = new Set<unknown>();
  const noting: Kept = { ...NOTHING_KEPT, keep: (_stage, [path]) => { kept.add(path); }, keepBytes: (_stage, [path]) => { kept.add(path); } };
  const facts = await parseFiles(films, noting, () => undefined);
  expect([...facts.keys()]).toEqual(films.map(({ path }) => path));
  for (const { path, text } of films) expect(facts.get(path)).toEqual(parseWithOxc(path, text));
  expect(kept.size).toBe(films.length);
});

test('broken files at both ends are read around by the other parser', async () => {
  const broken = (path: string): { path: string; text: string } => ({ path, text: 'export const seats = 40;\nexport function sell( {\n' });
  const facts = await parseFiles([broken('a.ts'), ...films, broken('z.ts')], NOTHING_KEPT, () => undefined);
  for (const path of ['a.ts', 'z.ts']) expect(facts.get(path)?.syntaxErrors).not.toEqual([]);
});

test.each([0, 1, 2, 7])('of %s files each is taken once, whoever asks first', (total) => {
  const work = new SharedWork(total);
  const [front, back] = [work.front(), new SharedWork(total, work.memory).back()];
  const taken = Array.from({ length: total + 4 }, (_, turn) => (turn % 3 === 0 ? front : back).next()).flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i));
});
