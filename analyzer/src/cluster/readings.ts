import type { ModulePath } from '../model/evidence.ts';
import type { Measures } from '../measure/measure.ts';
import { severalPrograms, type Programs } from '../measure/programs.ts';
import { consensus, medianOf, type Grain } from './consensus.ts';
import { contract } from './contract.ts';
import type { Layer, Link } from './link.ts';
import { edgesOf, type NodeIndex } from './node-index.ts';
import { columnsOf, type WeightedEdge } from './weighted-graph.ts';

export interface ReadingOptions {
  readonly seed: number;
  /** Reads at these resolutions only, and takes their median. */
  readonly resolutions?: readonly number[];
  /** Perturbed runs per resolution. */
  readonly runs?: number;
}

/** What the evidence says at several resolutions. */
export interface Readings {
  readonly chosen: Grain;
  /** Coarsest first. */
  readonly grains: readonly Grain[];
}

/** Where contexts of maintainers lie, on every system that was tried; the proposal is the median of the runs at all of these. */
const CONTEXTS = [1.8, 2.4, 3.2];
/** Read as well, to offer coarser and finer rivals. */
const COARSER = [0.8, 1.3];
const FINER = [4.5];
/** Where programs are what falls apart: each is one node there, so that only what they share is left to be divided. */
const PROGRAMS = [0.3, 0.5, 0.8];
/** Runs per resolution: as many as keep the time even, for what a small graph lacks in edges it makes up in runs. */
const RUNS = { least: 14, most: 40, nodes: 16_000 } as const;
const FEW_RUNS = 5;
/** Below this many modules a system has fewer contexts, and resolutions shrink towards 1, plain modularity. */
const SMALL_SYSTEM = 200;
/** What holds code together when it runs, and not only in the reader's mind. */
const STRUCTURE: ReadonlySet<Layer> = new Set(['transaction', 'write', 'endpoint', 'call', 'import', 'foreignKey', 'read', 'type']);

/** All that `readings` is a function of, as bytes: numbers of nodes and weights of edges, and no more of the code than that. */
export function readingInputs(index: NodeIndex, links: readonly Link[], { programs }: Measures, { seed, resolutions, runs }: ReadingOptions): (string | NodeJS.ArrayBufferView)[] {
  const { a, b, weight } = columnsOf(edgesOf(index, links));
  const structure = columnsOf(edgesOf(index, links.filter(({ layer }) => STRUCTURE.has(layer))));
  return [JSON.stringify([index.size, index.apart, [...index.nodeOf], programs, seed, resolutions, runs]), a, b, weight, structure.a, structure.b, structure.weight];
}

const runsFor = (size: number): number => Math.min(RUNS.most, Math.max(RUNS.least, Math.round(RUNS.nodes / Math.max(size, 1))));

/** Reads the graph at several resolutions and chooses: the programs where there are several, else the median of the readings where contexts usually lie. */
export function readings(index: NodeIndex, links: readonly Link[], { programs }: Measures, { seed, resolutions, runs }: ReadingOptions): Readings {
  const edges = edgesOf(index, links);
  const ensemble = (at: readonly number[], times: number): Grain[] => consensus(index.size, edges, { seed, resolutions: at, runs: runs ?? times, apart: index.apart });
  if (resolutions !== undefined) {
    const grains = ensemble(resolutions, runsFor(index.size));
    return { chosen: medianOf(grains, edges, index), grains };
  }
  const scaled = (at: readonly number[]): number[] => at.map((resolution) => 1 + (resolution - 1) * Math.min(1, index.size / SMALL_SYSTEM));
  const rivals = [ensemble(COARSER, FEW_RUNS), ensemble(scaled(FINER), FEW_RUNS)] as const;
  if (severalPrograms(programs)) {
    const pieces = programGrains(index, links.filter(({ layer }) => STRUCTURE.has(layer)), programs, seed);
    return { chosen: medianOf(pieces, edges, index), grains: [...pieces, ...rivals.flat()] };
  }
  const grains = ensemble(scaled(CONTEXTS), runsFor(index.size));
  return { chosen: medianOf(grains, edges, index), grains: [...rivals[0], ...grains, ...rivals[1]] };
}

/**
 * Each program as one node, so that only what they share is left to be divided: their libraries among themselves, for a library that leans on no program is no part of one
 * that uses it more than the others do. Asked of the structure alone, for names repeat from service to service.
 */
function programGrains(index: NodeIndex, links: readonly Link[], programs: Programs, seed: number): Grain[] {
  const nodes = (modules: readonly ModulePath[]): number[] => [...new Set(modules.flatMap((module) => index.nodeOf.get(module) ?? []))];
  const groups = programs.all.map(({ own }) => nodes(own));
  const [inProgram, inLibrary] = [new Set(groups.flat()), new Set(nodes(programs.libraries))];
  const use = ({ a, b }: WeightedEdge): boolean => (inProgram.has(a) && inLibrary.has(b)) || (inLibrary.has(a) && inProgram.has(b));
  const small = contract(index.size, edgesOf(index, links).filter((edge) => !use(edge)), index.apart, groups);
  const leads = [...new Set(small.groups.filter((node) => node !== undefined))];
  const apart = [...small.apart, ...leads.flatMap((a, i) => leads.slice(i + 1).map((b) => [a, b] as const))];
  return consensus(small.size, small.edges, { seed, resolutions: PROGRAMS, runs: runsFor(small.size), apart })
    .map((grain) => ({ ...grain, labels: small.expand(grain.labels), runs: grain.runs.map(small.expand) }));
}
