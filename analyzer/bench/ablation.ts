import { LAYER_WEIGHTS } from '../src/cluster/layers.ts';
import type { Layer } from '../src/cluster/link.ts';
import { agreement } from '../src/measure/agreement.ts';
import { OTHERS } from './other-systems.ts';
import { divisionOf, labelsOf, meanOf, readOnce, type ReadSystem } from './read-once.ts';
import { row, type Suite } from './suite.ts';
import { TUNED, truthOf, type PublicSystem } from './systems.ts';

const LAYERS: readonly Layer[] = ['import', 'type', 'call', 'write', 'read', 'transaction', 'endpoint', 'foreignKey', 'names'];

/** What each layer of evidence is worth: the mean ARI on tuned and development systems (folders hidden) with one layer off at a time, beside that with all. */
export const suite: Suite = {
  name: 'ablation',
  rows: async (corpus) => {
    const systems: { readonly system: PublicSystem; readonly read: ReadSystem }[] = [];
    for (const system of [...TUNED, ...OTHERS.filter(({ use }) => use === 'development')]) {
      const read = await readOnce(system, corpus);
      if (read !== undefined) systems.push({ system, read });
    }
    if (systems.length === 0) return [];
    const score = (off?: Layer): number => meanOf(systems.map(({ system, read }) => {
      const division = divisionOf(read, { without: ['folders', 'history'], weights: off === undefined ? LAYER_WEIGHTS : { ...LAYER_WEIGHTS, [off]: 0 } });
      return agreement(labelsOf(division), truthOf(system, read.model.modules.map(({ path }) => path))).ari;
    }));
    const whole = score();
    return [row(`all layers: mean ARI of ${String(systems.length)} systems`, whole, { runs: 1 }), ...LAYERS.map((layer) => row(`without ${layer}`, score(layer), { peer: whole }))];
  },
};
