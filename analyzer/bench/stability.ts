import type { Switchable } from '../src/cluster/link.ts';
import { seededRandom, shuffled } from '../src/cluster/random.ts';
import { agreement } from '../src/measure/agreement.ts';
import { measure } from '../src/measure/measure.ts';
import type { SystemModel } from '../src/model/graph.ts';
import { propose } from '../src/propose/propose.ts';
import { divisionOf, labelsOf, meanOf, readOnce, type ReadSystem } from './read-once.ts';
import { row, type Row, type Suite } from './suite.ts';
import { TUNED } from './systems.ts';

const DRAWS = 5;
const DROPPED = 0.1;
const GOAL = 0.9;
const CONFIGURATIONS: readonly (readonly [label: string, without: readonly Switchable[]])[] = [
  ['as proposed', ['history']], ['folders hidden', ['folders', 'history']], ['names and folders hidden', ['names', 'folders', 'history']],
];

/** How little the proposal moves when a tenth of the evidence is missing, and that it does not move at all when the same is read in another order. */
export const suite: Suite = {
  name: 'stability',
  rows: async (corpus) => {
    const rows: Row[] = [];
    const means = new Map<string, number[]>();
    for (const system of TUNED) {
      const read = await readOnce(system, corpus);
      if (read === undefined) continue;
      for (const [label, without] of CONFIGURATIONS) {
        const mean = stabilityOf(read, without);
        rows.push(row(`${system.name}, ${label}: ARI with a tenth dropped`, mean, { runs: DRAWS }));
        means.set(label, [...means.get(label) ?? [], mean]);
      }
      rows.push(row(`${system.name}: same bytes in another order of reading`, sameInAnyOrder(read) ? 1 : 0, { atLeast: 1 }));
    }
    return [...rows, ...[...means].map(([label, values]) => row(`mean of ${String(values.length)} systems, ${label}: ARI with a tenth dropped`, meanOf(values), { atLeast: GOAL, runs: DRAWS * values.length }))];
  },
};

function stabilityOf(read: ReadSystem, without: readonly Switchable[]): number {
  const whole = labelsOf(divisionOf(read, { without }));
  return meanOf(Array.from({ length: DRAWS }, (_, draw) => {
    const model = withoutATenth(read.model, draw + 1);
    return agreement(labelsOf(divisionOf({ model, measures: measure(model) }, { without })), whole).ari;
  }));
}

/** Every edge (import, call, access, foreign key), endpoint and declared name is missing with a chance of one in ten. */
function withoutATenth(model: SystemModel, draw: number): SystemModel {
  const random = seededRandom(draw * 7919);
  const thin = <T>(all: readonly T[]): T[] => all.filter(() => random() >= DROPPED);
  return {
    ...model, imports: thin(model.imports), calls: thin(model.calls), accesses: thin(model.accesses), foreignKeys: thin(model.foreignKeys), endpoints: thin(model.endpoints),
    modules: model.modules.map((module) => ({ ...module, symbols: thin(module.symbols) })),
  };
}

/** Modules, edges and accesses in random order, as another file system might list them. Endpoints keep theirs: routes are matched in the order of registration. */
function sameInAnyOrder({ measures, model }: ReadSystem): boolean {
  const random = seededRandom(1);
  const mix = <T>(all: readonly T[]): T[] => shuffled(all.length, random).flatMap((i) => { const item = all[i]; return item === undefined ? [] : [item]; });
  const mixed = { ...model, modules: mix(model.modules), imports: mix(model.imports), calls: mix(model.calls), accesses: mix(model.accesses), foreignKeys: mix(model.foreignKeys), tables: mix(model.tables) };
  const contexts = (read: ReadSystem): string => JSON.stringify([...divisionOf(read, { without: ['history'] }).chosen.placement.communityOf]);
  const proposal = (read: ReadSystem): string => JSON.stringify(propose(read.model, read.measures, divisionOf(read, { without: ['history'] }), { without: ['history'], seed: 1 }).contexts.map(({ name, modules, tables }) => ({ name, modules, tables })));
  const other = { model: mixed, measures: measure(mixed) };
  return contexts({ model, measures }) === contexts(other) && proposal({ model, measures }) === proposal(other);
}
