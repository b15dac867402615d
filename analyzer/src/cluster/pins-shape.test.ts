import { describe, expect, test } from '@jest/globals';
import { checkPins } from './pins-shape.ts';

const places = (raw: unknown): string[] => checkPins(raw).problems.map(({ where }) => where);

describe('checking pins', () => {
  test('what a team wrote is kept as it is', () => {
    const pins = { contexts: { orders: { modules: ['src/orders/**'], tables: ['orders'], not: ['src/tax.ts'] } }, shared: ['src/log.ts'], together: [['orders', 'payments']], apart: [['orders', 'films']] };
    expect(checkPins(pins)).toEqual({ pins, problems: [] });
  });

  test('an empty file pins nothing', () => {
    expect(checkPins(null)).toEqual({ pins: {}, problems: [] });
  });

  test('every wrong shape is named at once, with its path', () => {
    expect(places({ contexts: { orders: { modules: 'src' }, films: { tabels: ['films'] } }, together: [['orders']], extra: 1 }).sort())
      .toEqual(['(top)', 'contexts.films', 'contexts.orders.modules', 'together.0']);
  });

  test('what contradicts itself is refused: no anchor, two owners, wanted and banned, together and apart', () => {
    expect(places({
      contexts: { halls: { not: ['a.ts'] }, orders: { tables: ['orders'] }, sales: { tables: ['orders'], modules: ['tax.ts'], not: ['tax.ts'] } },
      shared: ['tax.ts'], together: [['a', 'b']], apart: [['b', 'a'], ['c', 'c']],
    })).toEqual(['contexts.halls', 'contexts.sales', 'shared', 'contexts.sales.not', 'apart.0', 'apart.1']);
  });
});
