import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { NOTHING_KEPT, type Kept } from '../model/kept.ts';
import type { Measures } from '../measure/measure.ts';
import { programModules } from '../measure/program.ts';
import type { Grain } from './consensus.ts';
import { LAYER_WEIGHTS, linksOf, weigh } from './layers.ts';
import type { Layer, Link, Switchable } from './link.ts';
import { indexNodes } from './node-index.ts';
import { constraintsOf, tableItem, type Constraints, type ContextPins } from './pins.ts';
import { place, type Placement } from './place.ts';
import { readingInputs, readings } from './readings.ts';
import { rivalsOf } from './rivals.ts';

export interface ClusterOptions {
  readonly without: readonly Switchable[];
  readonly seed: number;
  readonly pins: ContextPins;
  readonly weights?: Readonly<Record<Layer, number>>;
  readonly resolutions?: readonly number[];
  readonly runs?: number;
  /** Results of earlier runs. */
  readonly kept?: Kept;
}

/** One way to divide the system. */
export interface Division {
  readonly resolution: number;
  readonly stability: number;
  readonly placement: Placement;
}

export interface Clustering {
  readonly chosen: Division;
  /** A coarser and a finer reading of the same evidence, where there is one. */
  readonly rivals: readonly Division[];
  /** Every resolution that was tried, coarsest first. */
  readonly sweep: readonly { readonly resolution: number; readonly contexts: number; readonly stability: number }[];
  /** The weighed evidence, folders' meeting points left out, strongest first. */
  readonly links: readonly Link[];
  readonly constraints: Constraints;
}

/** Divides the program's modules and tables into contexts. Deterministic: a function of the model, the seed and the pins; the order of the input plays no part. */
export function cluster(model: SystemModel, measures: Measures, options: ClusterOptions): Clustering {
  const modules = [...programModules(model)].sort(compareText);
  const tables = measures.tables.map(({ table }) => table).sort(compareText);
  const constraints = constraintsOf(options.pins, modules, tables);
  const links = weigh(linksOf(model, measures, new Set(options.without)), options.weights ?? LAYER_WEIGHTS);
  const folders = [...new Set(links.flatMap(({ a, b }) => [a, b]).filter((item) => item.startsWith('folder:')))].sort(compareText);
  const index = indexNodes([...modules, ...tables.map(tableItem), ...folders], links, constraints);
  const { chosen, grains } = (options.kept ?? NOTHING_KEPT).recall('readings', readingInputs(index, links, measures, options), () => readings(index, links, measures, options));
  const divide = (grain: Grain): Division => ({ resolution: grain.resolution, stability: grain.stability, placement: place({ model, measures, modules, tables, links, constraints, index, grain }) });
  return {
    chosen: divide(chosen),
    rivals: rivalsOf(chosen, grains).map(divide),
    sweep: grains.map(({ resolution, communities, stability }) => ({ resolution, contexts: communities, stability })),
    links: links.filter(({ a, b }) => !isFolder(a) && !isFolder(b)).sort((x, y) => y.weight - x.weight || compareText(x.a, y.a) || compareText(x.b, y.b) || compareText(x.says, y.says)),
    constraints,
  };
}

const isFolder = (item: string): boolean => item.startsWith('folder:');

/** The community of every module that has one; for tests and benches. */
export const moduleLabels = ({ placement }: Division): Map<ModulePath, string> => new Map([...placement.communityOf].filter(([item]) => !item.startsWith('table:')).map(([item, community]) => [item, String(community)]));
