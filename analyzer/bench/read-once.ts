import { cluster, moduleLabels, type Clustering } from '../src/cluster/cluster.ts';
import type { Layer, Switchable } from '../src/cluster/link.ts';
import type { Labels } from '../src/measure/agreement.ts';
import { measure, type Measures } from '../src/measure/measure.ts';
import type { SystemModel } from '../src/model/graph.ts';
import { readSystem } from '../src/read/read-system.ts';
import type { Corpus } from './suite.ts';
import type { PublicSystem } from './systems.ts';

/** A system read and measured once; git's history is off, for a checkout need not have any. */
export interface ReadSystem {
  readonly model: SystemModel;
  readonly measures: Measures;
}

const read = new Map<string, Promise<ReadSystem>>();

/** Reads a checkout once per bench run, whichever suites ask for it; undefined (after saying so) where it is missing. */
export async function readOnce(system: PublicSystem, corpus: Corpus): Promise<ReadSystem | undefined> {
  const root = corpus.find(system);
  if (root === undefined) return undefined;
  const known = read.get(root) ?? readSystem(root, { history: false, crossCheck: false, onProgress: () => undefined }).then((model) => ({ model, measures: measure(model) }));
  read.set(root, known);
  return known;
}

export interface DivideOptions {
  readonly without: readonly Switchable[];
  readonly seed?: number;
  readonly weights?: Readonly<Record<Layer, number>>;
}

/** The proposal's division, as `analyze` makes it. */
export const divisionOf = ({ model, measures }: ReadSystem, { seed = 1, ...options }: DivideOptions): Clustering => cluster(model, measures, { ...options, seed, pins: {} });

/** Module → context. Shared modules count as one more context: hiding them would flatter the score. */
export function labelsOf({ chosen }: Clustering): Labels {
  return new Map([...moduleLabels(chosen), ...chosen.placement.shared.map(({ module }) => [module, ' shared'] as const)]);
}

/** Share of the modules that lie in the largest context, 0–1; shared modules left out, as `quality.largest` has it. */
export function largestOf({ chosen }: Clustering): number {
  const sizes = new Map<string, number>();
  for (const label of moduleLabels(chosen).values()) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return Math.max(0, ...sizes.values()) / Math.max(1, [...sizes.values()].reduce((sum, size) => sum + size, 0));
}

export const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
