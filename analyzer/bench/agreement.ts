import type { Clustering } from '../src/cluster/cluster.ts';
import { tableItem } from '../src/cluster/pins.ts';
import { agreement, type Agreement, type Labels } from '../src/measure/agreement.ts';
import { planEndpoints } from '../src/propose/endpoints.ts';
import { territory } from '../src/propose/territory.ts';
import { OTHERS, type OtherSystem } from './other-systems.ts';
import { divisionOf, labelsOf, largestOf, meanOf, readOnce, type ReadSystem } from './read-once.ts';
import { row, type Corpus, type Row, type Suite } from './suite.ts';
import { TUNED, truthOf, type PublicSystem, type TunedSystem } from './systems.ts';

/** Without names the goal is lowered by this much. */
const WITHOUT_NAMES = 0.05;
const LARGEST = 40;
const SEEDS = [1, 2, 3];
/** Fewer endpoints or tables than this say nothing. */
const FEWEST = 10;

/** Agreement with the maintainers, the mean of three seeds, folders always hidden, history off (a checkout need not have any). */
export const suite: Suite = {
  name: 'agreement',
  rows: async (corpus) => {
    const rows: Row[] = [];
    for (const system of TUNED) rows.push(...await tunedRows(system, corpus));
    const others: { readonly use: OtherSystem['use']; readonly scores: readonly number[] }[] = [];
    for (const system of OTHERS) {
      const read = await readOnce(system, corpus);
      if (read === undefined) continue;
      const scores = [true, false].map((names) => scored(system, read, names));
      rows.push(...scores.map(({ ari, largest }, i) => row(`${system.name} (${system.use})${i === 0 ? '' : ', names hidden'}: ARI; largest context ${String(Math.round(largest * 100))} %`, ari, { runs: SEEDS.length })));
      others.push({ use: system.use, scores: scores.map(({ ari }) => ari) });
    }
    return [...rows, ...meanRows(others)];
  },
};

function meanRows(others: readonly { readonly use: OtherSystem['use']; readonly scores: readonly number[] }[]): Row[] {
  return (['development', 'validation'] as const).flatMap((use) => {
    const of = others.filter((other) => other.use === use);
    return of.length === 0 ? [] : [0, 1].map((i) => row(`mean of ${String(of.length)} ${use} systems${i === 0 ? '' : ', names hidden'}: ARI`, meanOf(of.map(({ scores }) => scores[i] ?? 0)), { runs: SEEDS.length }));
  });
}

interface Scored {
  readonly ari: number;
  readonly f1: number;
  readonly mojofm: number;
  readonly largest: number;
  /** The first seed's division. */
  readonly division: Clustering;
}

function scored(system: PublicSystem, read: ReadSystem, names: boolean): Scored {
  const divisions = SEEDS.map((seed) => divisionOf(read, { seed, without: names ? ['folders', 'history'] : ['names', 'folders', 'history'] }));
  const truth = truthOf(system, read.model.modules.map(({ path }) => path));
  const scores = divisions.map((division) => agreement(labelsOf(division), truth));
  const mean = (pick: (score: Agreement) => number): number => meanOf(scores.map(pick));
  const [division] = divisions;
  if (division === undefined) throw new Error('no seed');
  return { ari: mean(({ ari }) => ari), f1: mean(({ f1 }) => f1), mojofm: mean(({ mojofm }) => mojofm), largest: Math.max(...divisions.map(largestOf)), division };
}

async function tunedRows(system: TunedSystem, corpus: Corpus): Promise<Row[]> {
  const read = await readOnce(system, corpus);
  if (read === undefined) return [];
  const runs = SEEDS.length;
  return [true, false].flatMap((names) => {
    const { ari, division, f1, largest, mojofm } = scored(system, read, names);
    const label = `${system.name}${names ? '' : ', names hidden'}`;
    return [
      row(`${label}: ARI`, ari, { peer: system.baseline, atLeast: names ? system.goal : system.goal - WITHOUT_NAMES, runs }),
      row(`${label}: F1`, f1, { runs }), row(`${label}: MoJoFM`, mojofm, { unit: '%', runs }),
      row(`${label}: largest context`, largest * 100, { unit: '%', atMost: LARGEST, runs }),
      ...dataRows(label, system, read, division),
    ];
  });
}

/** An endpoint's true context is that of the file that answers it, a table's that of the file that declares it or names it first; where such files lie in no context, nothing is scored. */
function dataRows(label: string, { contextOf }: PublicSystem, { measures, model }: ReadSystem, division: Clustering): Row[] {
  const where = territory(division.chosen.placement.communityOf, Array.from({ length: division.chosen.placement.communities }, (_, i) => String(i)));
  const endpoints = planEndpoints(measures.traces, where, () => undefined).map(({ context, trace }, i) => ({ item: String(i), found: context, truth: contextOf(trace.endpoint.handlers.at(-1)?.module ?? trace.endpoint.module) ?? contextOf(trace.endpoint.module) }));
  const tables = model.tables.map(({ evidence, name }) => ({ item: tableItem(name), found: where.ofTable(name), truth: contextOf(evidence.file) }));
  return [['endpoints', endpoints] as const, ['tables', tables] as const].flatMap(([what, all]) => {
    const known = all.filter(({ truth }) => truth !== undefined);
    if (known.length < FEWEST) return [];
    const labels = (pick: (one: (typeof known)[number]) => string | undefined): Labels => new Map(known.map((one) => [one.item, pick(one) ?? ' shared']));
    const { ari, f1 } = agreement(labels(({ found }) => found), labels(({ truth }) => truth));
    return [row(`${label}: ${String(known.length)} ${what}, ARI`, ari), row(`${label}: ${String(known.length)} ${what}, F1`, f1)];
  });
}
