import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { analysisSchema, complaints } from '../test/schema.ts';
import { analyze, firstBaseline, formats, hold, type Analysis } from './index.ts';

const MONOLITH = fileURLToPath(new URL('../../monolith/src', import.meta.url));
const run = async (): Promise<Analysis> => analyze(MONOLITH, { without: ['history'] });

describe('the sample monolith, read from disk', () => {
  test('gives the same reports byte for byte', async () => {
    const [one, two] = [await run(), await run()];
    for (const [format, { text }] of formats) expect([format, text(two) === text(one)]).toEqual([format, true]);
  });

  test('has a JSON report that the published schema accepts, held against a baseline or not', async () => {
    const analysis = await run();
    const json = formats.get('json');
    const held = hold(analysis, firstBaseline(analysis), {});
    for (const printed of [json?.text(analysis), json?.text(analysis, { base: '', held })]) expect(complaints(analysisSchema(), JSON.parse(printed ?? ''))).toEqual([]);
  });

  test('has every module in exactly one place, every table with one owner, every endpoint with a plan', async () => {
    const { contexts, endpoints, model, other, shared, tables } = await run();
    const placed = [...contexts.flatMap(({ modules }) => modules), ...shared.modules, ...other.map(({ path }) => path)];
    expect([...placed].sort()).toEqual(model.modules.map(({ path }) => path).sort());
    expect(new Set(contexts.flatMap((context) => context.tables)).size + shared.tables.length).toBe(tables.length);
    expect(endpoints).toHaveLength(model.endpoints.length);
    expect(contexts.length).toBeGreaterThan(3);
  });

  test('shows the checkout as a transaction that becomes a saga, its module in the wrong folder with those that use it', async () => {
    const { contexts, sagas } = await run();
    const checkout = sagas.find(({ name, endpoints }) => name === 'checkOut' && endpoints.some((id) => id.endsWith('/checkout')));
    expect(new Set(checkout?.steps.map(({ context }) => context)).size).toBeGreaterThan(1);
    expect(contexts.find(({ modules }) => modules.includes('notifications/tax.ts'))?.modules).toContain('services/checkout.service.ts');
  });

  test('switching layers off changes the evidence, not the promises', async () => {
    const { contexts, model, options } = await analyze(MONOLITH, { without: ['names', 'folders', 'history'] });
    expect(options.without).toEqual(['names', 'folders', 'history']);
    expect(model.coChanges).toEqual([]);
    expect(contexts.flatMap(({ why }) => why).filter(({ layer }) => layer === 'names' || layer === 'folders' || layer === 'coChange')).toEqual([]);
  });
});
