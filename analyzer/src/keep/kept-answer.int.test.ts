import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { analyze, answerFrom, openKept, type AnalyzeOptions } from '../index.ts';

let [shop, cache] = ['', ''];
beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'strangler-answers-'));
  [shop, cache] = [join(directory, 'shop'), join(directory, 'cache')];
  cpSync(new URL('../../test/monoliths/bookshop/', import.meta.url), shop, { recursive: true });
});

/** The model's text, and whether it was made anew. */
async function ask(options: AnalyzeOptions = {}, question = 'model'): Promise<{ answer: string; anew: boolean }> {
  const kept = openKept(cache, shop, (text) => { throw new Error(text); });
  let anew = false;
  const answer = await answerFrom(shop, { without: ['history'], ...options }, { kept, question }, ({ model }) => {
    anew = true;
    return JSON.stringify(model);
  });
  kept.save();
  return { answer, anew };
}

test('where nothing changed, the answer is that of the run before', async () => {
  const first = await ask();
  expect(first.anew).toBe(true);
  expect(await ask()).toEqual({ ...first, anew: false });
  // One that was taken and not made is kept as well.
  expect(await ask()).toEqual({ ...first, anew: false });
});

test.each<[string, () => void]>([
  ['a source file', () => { appendFileSync(join(shop, 'src/main.ts'), '\nexport function lendForFree() { return 0; }\n'); }],
  ['a migration', () => { appendFileSync(join(shop, 'migrations/001_books.ts'), '\nexport const irreversible = true;\n'); }],
  ['a source file that is new', () => { writeFileSync(join(shop, 'src/gifts.ts'), 'export const gifts = [];\n'); }],
  ['a source file that is gone', () => { rmSync(join(shop, 'src/shared/wrap.ts')); }],
  ['a tsconfig that was looked for and not there', () => { writeFileSync(join(shop, 'tsconfig.json'), '{ "compilerOptions": { "baseUrl": "src" } }'); }],
  ['SQL that is new', () => { writeFileSync(join(shop, 'stock.sql'), 'create table stock (id int primary key);'); }],
])('after a change of %s it is made anew, as without earlier runs', async (_what, change) => {
  await ask();
  change();
  const { answer, anew } = await ask();
  expect(anew).toBe(true);
  expect(answer).toBe(JSON.stringify((await analyze(shop, { without: ['history'] })).model));
});

test('other options and another question have their own answers', async () => {
  await ask();
  expect([(await ask({ seed: 2 })).anew, (await ask({ pins: { shared: ['src/shared/**'] } })).anew, (await ask({}, 'again')).anew]).toEqual([true, true, true]);
});
