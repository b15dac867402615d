import { expect, test } from '@jest/globals';
import { bookshop } from './model/sample-system.ts';
import { cluster } from './cluster/cluster.ts';
import type { ContextPins } from './cluster/pins.ts';
import { measure } from './measure/measure.ts';
import { namesOf, vocabularyOf } from './propose/names.ts';
import { propose } from './propose/propose.ts';
import { settle } from './propose/settle.ts';
import { volumesOf } from './propose/volumes.ts';
import { pageData } from './report/page-data.ts';
import { gather } from './report/page/facts.js';
import { moveModule } from './report/page/move.js';

const pins: ContextPins = { contexts: Object.fromEntries(['catalog', 'stock', 'orders', 'customers'].map((name) => [name, { modules: [`${name}/**`] }])) };
const model = bookshop();
const measures = measure(model);
const clustering = cluster(model, measures, { without: [], seed: 1, pins });
const facts = gather(pageData(propose(model, measures, clustering, { without: [], seed: 1 })));
const { communityOf } = clustering.chosen.placement;
const names = namesOf(vocabularyOf(model), clustering.chosen.placement, clustering.constraints);

interface Told { readonly kind: string; readonly from: string; readonly to: string; readonly what: string; readonly cost: number; readonly evidence: { readonly line: number } }
const tell = (cuts: readonly Told[]): string[] => cuts.filter(({ kind }) => kind !== 'transaction').map(({ kind, from, to, what, cost, evidence }) => [kind, from, to, what, cost, evidence.line].join(' ')).sort();

const moves = [...facts.home].flatMap(([module, home]) => names.filter((name) => name !== home).map((to) => ({ module, to })));

test('there are moves to try', () => {
  expect(moves.length).toBeGreaterThan(20);
});

test.each(moves)('moving $module to $to changes the same cuts on the page as in the analysis', ({ module, to }) => {
  const after = settle({ model, measures, volumes: volumesOf(model) }, new Map(communityOf).set(module, names.indexOf(to)), names);
  const { come, gone } = moveModule(facts, module, to);
  const left = tell(facts.data.cuts);
  for (const cut of tell(gone)) expect(left.splice(left.indexOf(cut), 1)).toEqual([cut]);
  expect([...left, ...tell(come)].sort()).toEqual(tell(after.cuts));
});
