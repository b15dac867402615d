import { renumber } from './louvain.ts';
import { addFloat, addInt, intAt } from './numbers.ts';

type Pair = readonly [number, number];

/**
 * The median of several divisions of the same nodes: the one that agrees with them on most pairs. Clustering aggregation (Gionis, Mannila & Tsaparas 2007; the
 * objective is Mirkin's distance) by local search from the best of the divisions: single cells move, communities join, until neither gains. A cell is what no run
 * ever divided. Two items share a community when most runs say so, as far as this can be had for all pairs at once; no n² matrix of pairs is made.
 * @param runs a label per node each; every one of them keeps `apart` apart, and so does the median.
 */
export function medianPartition(runs: readonly Int32Array[], apart: readonly Pair[]): Int32Array {
  const cells = cellsOf(runs);
  const bans = bansOf(cells, apart);
  const search = new Search(cells, bans, bestRun(cells));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    const moved = search.moveCells();
    if (search.joinCommunities() + moved === 0) break;
  }
  return cells.cellOf.map((cell) => intAt(search.community, cell));
}

const MOST_SWEEPS = 30;

interface Cells {
  readonly cellOf: Int32Array;
  /** Nodes per cell. */
  readonly size: Int32Array;
  /** Per run, the label of each cell; labels of different runs are different numbers. */
  readonly labels: readonly Int32Array[];
  /** Labels of all runs together. */
  readonly labelCount: number;
}

function cellsOf(runs: readonly Int32Array[]): Cells {
  const nodes = runs[0]?.length ?? 0;
  // Runs refine the cells one after the other: two nodes stay in one cell as long as no run divides them.
  let cellOf: Int32Array = new Int32Array(nodes);
  for (const run of runs) cellOf = refined(cellOf, run);
  const count = labelsIn(cellOf);
  const size = new Int32Array(count);
  const first = new Int32Array(count).fill(-1);
  cellOf.forEach((cell, node) => {
    addInt(size, cell, 1);
    if (intAt(first, cell) < 0) first[cell] = node;
  });
  let labelCount = 0;
  const labels = runs.map((run) => {
    const from = labelCount;
    labelCount += labelsIn(run);
    return first.map((node) => from + intAt(run, node));
  });
  return { cellOf, size, labels, labelCount };
}

function refined(cellOf: Int32Array, run: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  const width = labelsIn(run);
  return cellOf.map((cell, node) => {
    const key = cell * width + intAt(run, node);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

/** One more than the highest label. */
const labelsIn = (labels: Int32Array): number => labels.reduce((most, label) => Math.max(most, label + 1), 0);

/** Cells that must not share a community, per cell. */
function bansOf({ cellOf, size }: Cells, apart: readonly Pair[]): readonly (readonly number[])[] {
  if (apart.length === 0) return [];
  const bans: number[][] = Array.from(size, () => []);
  for (const [a, b] of apart) {
    bans[intAt(cellOf, a)]?.push(intAt(cellOf, b));
    bans[intAt(cellOf, b)]?.push(intAt(cellOf, a));
  }
  return bans;
}

/** The run that agrees best with all the others, of a few looked at. */
function bestRun(cells: Cells): Int32Array {
  const step = Math.ceil(cells.labels.length / STARTS);
  const scored = cells.labels.filter((_, i) => i % step === 0).map((labels) => ({ labels, score: agreementWith(cells, labels) }));
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).labels;
}

const STARTS = 6;

/** Pairs of nodes on which a run agrees with all runs, up to a constant: Σ over runs of 2·|together in both| − |together in it|. */
function agreementWith({ labels, size, labelCount }: Cells, division: Int32Array): number {
  const squares = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count * count, 0);
  const rows = renumber(division);
  const own = new Float64Array(rows.count);
  rows.renumbered.forEach((row, cell) => { addFloat(own, row, intAt(size, cell)); });
  const pairs = new Map<number, number>();
  for (const run of labels) rows.renumbered.forEach((row, cell) => { const key = row * labelCount + intAt(run, cell); pairs.set(key, (pairs.get(key) ?? 0) + intAt(size, cell)); });
  return 2 * [...pairs.values()].reduce((sum, count) => sum + count * count, 0) - labels.length * squares(own);
}

/** The state of the local search: communities of cells, and how each run's labels spread over them. */
class Search {
  readonly community: Int32Array;
  readonly #cells: Cells;
  readonly #bans: readonly (readonly number[])[];
  /** Nodes per community. */
  readonly #nodes: number[] = [];
  /** Per label of a run: how many of its nodes lie in which community. */
  readonly #spread: readonly Map<number, number>[];

  constructor(cells: Cells, bans: readonly (readonly number[])[], start: Int32Array) {
    this.#cells = cells;
    this.#bans = bans;
    this.#spread = Array.from({ length: cells.labelCount }, () => new Map<number, number>());
    this.community = renumber(start).renumbered;
    for (let cell = 0; cell < cells.size.length; cell += 1) this.#put(cell, intAt(this.community, cell), 1);
  }

  /** Moves each cell to where most runs would have it, alone if nowhere. @returns how many moved. */
  moveCells(): number {
    let moved = 0;
    for (let cell = 0; cell < this.#cells.size.length; cell += 1) {
      const own = intAt(this.community, cell);
      this.#put(cell, own, -1);
      const best = this.#bestFor(cell, own);
      this.#put(cell, best, 1);
      this.community[cell] = best;
      if (best !== own) moved += 1;
    }
    return moved;
  }

  /** Joins pairs of communities that most runs would have together, strongest first, each at most once. @returns how many pairs. */
  joinCommunities(): number {
    const runs = this.#cells.labels.length;
    const nodes = (community: number): number => this.#nodes[community] ?? 0;
    const gains = [...this.#together()].flatMap(([a, others]) => [...others].map(([b, pairs]) => ({ a, b, gain: 2 * pairs - runs * nodes(a) * nodes(b) })))
      .filter(({ gain }) => gain > 0).sort((x, y) => y.gain - x.gain || x.a - y.a || x.b - y.b);
    const touched = new Set<number>();
    let joined = 0;
    for (const { a, b } of gains) {
      if (touched.has(a) || touched.has(b)) continue;
      touched.add(a).add(b);
      if (this.#join(a, b)) joined += 1;
    }
    return joined;
  }

  /** Exact integers: 2·Σ over runs of |label ∩ community| − runs·|community|; a new community gains 0. Between equals a cell stays. */
  #bestFor(cell: number, own: number): number {
    const votes = this.#votesFor(cell);
    const gain = (community: number): number => 2 * (votes.get(community) ?? 0) - this.#cells.labels.length * (this.#nodes[community] ?? 0);
    let [best, most] = [own, gain(own)];
    for (const community of votes.keys()) {
      const value = gain(community);
      if (value > most && this.#mayJoin(cell, community)) [best, most] = [community, value];
    }
    return most < 0 ? this.#fresh() : best;
  }

  /** Per community, Σ over runs of its nodes that the run has together with the cell. */
  #votesFor(cell: number): Map<number, number> {
    const votes = new Map<number, number>();
    for (const run of this.#cells.labels) for (const [community, nodes] of this.#spread[intAt(run, cell)] ?? []) votes.set(community, (votes.get(community) ?? 0) + nodes);
    return votes;
  }

  #fresh(): number {
    const empty = this.#nodes.findIndex((nodes) => nodes === 0);
    return empty < 0 ? this.#nodes.length : empty;
  }

  #mayJoin(cell: number, community: number): boolean {
    return !(this.#bans[cell] ?? []).some((other) => intAt(this.community, other) === community);
  }

  #join(into: number, from: number): boolean {
    const cells = [...this.community.keys()].filter((cell) => intAt(this.community, cell) === from);
    if (!cells.every((cell) => this.#mayJoin(cell, into))) return false;
    for (const cell of cells) {
      this.#put(cell, from, -1);
      this.#put(cell, into, 1);
      this.community[cell] = into;
    }
    return true;
  }

  /** Per pair of communities a < b: Σ over runs of the pairs of nodes that the run has together. */
  #together(): Map<number, Map<number, number>> {
    const pairs = new Map<number, Map<number, number>>();
    for (const spread of this.#spread) {
      if (spread.size < 2) continue;
      const parts = [...spread].sort(([a], [b]) => a - b);
      parts.forEach(([a, n], i) => {
        const row = pairs.get(a) ?? new Map<number, number>();
        for (const [b, m] of parts.slice(i + 1)) row.set(b, (row.get(b) ?? 0) + n * m);
        pairs.set(a, row);
      });
    }
    return pairs;
  }

  #put(cell: number, community: number, sign: 1 | -1): void {
    const nodes = sign * intAt(this.#cells.size, cell);
    this.#nodes[community] = (this.#nodes[community] ?? 0) + nodes;
    for (const run of this.#cells.labels) {
      const spread = this.#spread[intAt(run, cell)];
      const now = (spread?.get(community) ?? 0) + nodes;
      if (now === 0) spread?.delete(community);
      else spread?.set(community, now);
    }
  }
}
