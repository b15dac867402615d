import { cpSync, mkdtempSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { analyze, formats, openKept } from '../index.ts';

const reports = async (shop: string, cache?: string): Promise<string> => {
  const kept = cache === undefined ? undefined : openKept(cache, shop, (text) => { throw new Error(text); });
  const analysis = await analyze(shop, { without: ['history'], ...(kept === undefined ? {} : { kept }) });
  kept?.save();
  return [...formats.values()].map((format) => format.text(analysis)).join('\n');
};

test('with what earlier runs made, after a change, and without it, the reports are the same to the byte', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'strangler-kept-'));
  const [shop, cache] = [join(directory, 'shop'), join(directory, 'cache')];
  cpSync(new URL('../../test/monoliths/bookshop/', import.meta.url), shop, { recursive: true });
  const anew = await reports(shop);
  expect(await reports(shop, cache)).toBe(anew);
  expect(await reports(shop, cache)).toBe(anew);
  const [changed = ''] = (await analyze(shop, { without: ['history'] })).model.modules.filter(({ kind }) => kind === 'source').map(({ path }) => path);
  appendFileSync(join(shop, changed), '\nexport function lendForFree() { return 0; }\n');
  const after = await reports(shop, cache);
  expect(after).not.toBe(anew);
  expect(after).toBe(await reports(shop));
});
