import { describe, expect, test } from '@jest/globals';
import { quality } from '../../src/measure/quality.ts';
import { businessContexts } from './business-contexts.ts';
import { edgesAmong, tableInput } from './compare.ts';
import { reproductions, smOfCode } from './reproduce.ts';
import { paperSystems } from './systems.ts';
import { figuresOf } from './table-objective.ts';

describe('the papers\' metrics', () => {
  test('give the published figures where the published partition was released', () => {
    const exact = paperSystems().flatMap(reproductions).filter(({ figures, same }) => figures > 0 && figures === same).map(({ method, system }) => `${method} ${system}`);
    expect(exact).toEqual(['CoGCN acmeair', 'MEM acmeair', 'MEM daytrader', 'CoGCN jpetstore', 'MEM jpetstore', 'MEM plants']);
  });

  test('are the same on dense arrays as on names', () => {
    for (const system of paperSystems()) {
      const [partition] = system.partitions;
      if (partition === undefined) throw new Error(`${system.name} has no partition`);
      const items = [...partition.labels.keys()].sort();
      const communities = [...new Set(partition.labels.values())];
      const dense = figuresOf(tableInput(system, items, edgesAmong(items, system.flows), communities.length), Int32Array.from(items, (item) => communities.indexOf(partition.labels.get(item) ?? '')));
      const { ifn, ned, smAsPublished } = quality(partition.labels, system.flows);
      const expected = [smAsPublished, -ifn, -ned, -businessContexts(partition.labels, system.contexts)];
      [dense[0], dense[2], dense[3], dense[4]].forEach((value, i) => { expect(value).toBeCloseTo(expected[i] ?? NaN, 10); });
    }
  });

  test('count calls of a class to itself only where the published code does: not for the last of a community', () => {
    const labels = new Map([['Film', 'a'], ['Seat', 'a'], ['Till', 'b']]);
    const flows = [{ from: 'Film', to: 'Film', weight: 2 }, { from: 'Seat', to: 'Seat', weight: 2 }, { from: 'Film', to: 'Seat', weight: 1 }, { from: 'Seat', to: 'Till', weight: 1 }];
    expect(smOfCode(labels, flows)).toBeCloseTo((2 / 4 + 0) / 2 - 2 * (1 / 4), 10);
  });
});
