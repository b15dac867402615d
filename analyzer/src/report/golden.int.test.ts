import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { analyze, formats, type ContextPins } from '../index.ts';

const MONOLITHS = join(import.meta.dirname, '../../test/monoliths');
/** Pinned, so that these files show what the reports make of an analysis, and not what clustering makes of a handful of modules. */
const PINS: Readonly<Record<string, ContextPins>> = {
  bookshop: { contexts: { catalog: { modules: ['src/routes/catalog.ts'], tables: ['books', 'authors'] }, orders: { modules: ['src/orders/**'], tables: ['customers', 'manuscripts', 'orders', 'stock'] } }, shared: ['src/app.ts', 'src/main.ts', 'src/db/**', 'src/shared/**'] },
  cinema: { contexts: { films: { modules: ['src/films/**'], tables: ['films'] }, tickets: { modules: ['src/tickets/**'], tables: ['tickets'] } }, shared: ['src/app.module.ts', 'src/main.ts'] },
};
/** The JSON report has its schema, the page its own tests; these are read by people. */
const READ_BY_PEOPLE = ['md', 'mermaid', 'sarif', 'codeowners', 'structurizr', 'cml', 'backstage'];

describe.each(Object.keys(PINS))('the %s', (theme) => {
  // How stable a handful of modules is says something of clustering, and nothing of a report.
  const analysis = analyze(join(MONOLITHS, theme), { without: ['history'], pins: PINS[theme] ?? {} }).then((its) => ({ ...its, stability: { ...its.stability, chosen: 1 }, rivals: [] }));

  test.each(READ_BY_PEOPLE)('as %s still looks right (UPDATE_GOLDEN=1 writes it anew)', async (name) => {
    const format = formats.get(name);
    const printed = format?.text(await analysis, { base: `${theme}/` }) ?? '';
    const expected = join(MONOLITHS, theme, `expected.${format?.file ?? ''}`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, printed);
    expect(printed).toBe(readFileSync(expected, 'utf8'));
  });
});
