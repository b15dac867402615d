import { agreement, type Agreement } from '../src/measure/agreement.ts';
import { analyze, type Analysis } from '../src/index.ts';
import { row, type Row, type Suite } from './suite.ts';
import { TUNED, truthOf, type TunedSystem } from './systems.ts';

/** Without names the goal is lowered by this much. */
const WITHOUT_NAMES = 0.05;
const LARGEST = 40;
const SEEDS = [1, 2, 3];

/** Agreement with the maintainers, the mean of three seeds, folders always hidden, history off (a checkout need not have any). */
export const suite: Suite = {
  name: 'agreement',
  rows: async (corpus) => {
    const rows: Row[] = [];
    for (const system of TUNED) {
      const root = corpus.find(system);
      if (root === undefined) continue;
      for (const names of [true, false]) rows.push(...await rowsOf(system, root, names));
    }
    return rows;
  },
};

async function rowsOf(system: TunedSystem, root: string, names: boolean): Promise<Row[]> {
  const scores: Agreement[] = [];
  let largest = 0;
  for (const seed of SEEDS) {
    const analysis = await analyze(root, { seed, without: names ? ['folders', 'history'] : ['names', 'folders', 'history'] });
    scores.push(agreement(labelsOf(analysis), truthOf(system, analysis.model.modules.map(({ path }) => path))));
    largest = Math.max(largest, analysis.quality.largest);
  }
  const mean = (pick: (score: Agreement) => number): number => scores.reduce((total, score) => total + pick(score), 0) / scores.length;
  const label = `${system.name}${names ? '' : ', names hidden'}`;
  const runs = SEEDS.length;
  return [
    row(`${label}: ARI`, mean(({ ari }) => ari), { peer: system.baseline, atLeast: names ? system.goal : system.goal - WITHOUT_NAMES, runs }),
    row(`${label}: F1`, mean(({ f1 }) => f1), { runs }), row(`${label}: MoJoFM`, mean(({ mojofm }) => mojofm), { unit: '%', runs }),
    row(`${label}: largest context`, largest * 100, { unit: '%', atMost: LARGEST, runs }),
  ];
}

/** Shared modules count as one more context: hiding them would flatter the score. */
function labelsOf({ contexts, shared }: Analysis): Map<string, string> {
  return new Map([...contexts.flatMap(({ name, modules }) => modules.map((module) => [module, name] as const)), ...shared.modules.map((module) => [module, ' shared'] as const)]);
}
