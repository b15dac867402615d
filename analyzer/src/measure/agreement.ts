/** Item → label. */
export type Labels = ReadonlyMap<string, string>;

/** How far two partitions of the same items agree. */
export interface Agreement {
  /** Items that both label; the others are not scored. */
  readonly items: number;
  /** Adjusted Rand index (Hubert & Arabie 1985): 1 equal, 0 as good as chance. */
  readonly ari: number;
  /** F1 over pairs of items that lie together. */
  readonly f1: number;
  /** MoJoFM (Wen & Tzerpos 2004), 0–100: 100 × (1 − moves and joins from `found` to `truth` ÷ the most any partition could need). */
  readonly mojofm: number;
}

interface Contingency {
  readonly items: number;
  readonly cells: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly found: ReadonlyMap<string, number>;
  readonly truth: ReadonlyMap<string, number>;
}

/** Compares a partition with the truth on the items that both label. ARI and F1 are symmetric, MoJoFM is not. */
export function agreement(found: Labels, truth: Labels): Agreement {
  const table = contingency(found, truth);
  const together = sum([...table.cells.values()].flatMap((row) => [...row.values()].map(pairs)));
  const inFound = sum([...table.found.values()].map(pairs));
  const inTruth = sum([...table.truth.values()].map(pairs));
  const all = pairs(table.items);
  const expected = all === 0 ? 0 : (inFound * inTruth) / all;
  const most = (inFound + inTruth) / 2;
  return {
    items: table.items,
    ari: most === expected ? 1 : (together - expected) / (most - expected),
    f1: inFound + inTruth === 0 ? 1 : (2 * together) / (inFound + inTruth),
    mojofm: mojofm(table),
  };
}

function contingency(found: Labels, truth: Labels): Contingency {
  const cells = new Map<string, Map<string, number>>();
  const inFound = new Map<string, number>();
  const inTruth = new Map<string, number>();
  let items = 0;
  for (const [item, b] of truth) {
    const a = found.get(item);
    if (a === undefined) continue;
    items += 1;
    const row = cells.get(a) ?? new Map<string, number>();
    cells.set(a, row);
    count(row, b);
    count(inFound, a);
    count(inTruth, b);
  }
  return { items, cells, found: inFound, truth: inTruth };
}

function mojofm({ items, cells, found, truth }: Contingency): number {
  const moves = items - sum([...cells.values()].map((row) => Math.max(...row.values())));
  const tags = new Map([...cells].map(([a, row]) => [a, [...row].filter(([, n]) => n === Math.max(...row.values())).map(([b]) => b)]));
  const least = moves + found.size - matching(tags);
  let groups = 0;
  for (const size of [...truth.values()].sort((a, b) => a - b)) if (size > groups) groups += 1;
  const most = items - groups;
  return most === 0 ? 100 : 100 * (1 - least / most);
}

/** Size of a maximum bipartite matching (Kuhn's augmenting paths). */
function matching(tags: ReadonlyMap<string, readonly string[]>): number {
  const taken = new Map<string, string>();
  const augment = (a: string, seen: Set<string>): boolean => (tags.get(a) ?? []).some((b) => {
    if (seen.has(b)) return false;
    seen.add(b);
    const holder = taken.get(b);
    if (holder !== undefined && !augment(holder, seen)) return false;
    taken.set(b, a);
    return true;
  });
  return [...tags.keys()].filter((a) => augment(a, new Set())).length;
}

const pairs = (n: number): number => (n * (n - 1)) / 2;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const count = (counts: Map<string, number>, key: string): void => { counts.set(key, (counts.get(key) ?? 0) + 1); };
