import type { ContextPair } from './analysis.ts';

interface Sized {
  readonly name: string;
  readonly modules: readonly string[];
}

/** No context of the rival may hold more of the system, unless one of the proposal does already. */
const LARGEST = 0.4;
/** So many contexts of the proposal are given up, at most. */
const GIVEN_UP = 1 / 3;

/**
 * A rival with another aim: the fewest and cheapest cuts. It joins the two contexts whose border costs most per module of the smaller one, again and again, until a third of the
 * contexts is gone or nothing more is saved. What pins hold apart stays apart. Returns for each context, in order, the index of the one it is joined to (its own where it stays).
 */
export function joinedForFewerCuts(contexts: readonly Sized[], pairs: readonly ContextPair[], apart: (a: string, b: string) => boolean): number[] {
  const into = contexts.map((_, i) => i);
  const sizes = contexts.map(({ modules }) => modules.length);
  const all = sizes.reduce((total, size) => total + size, 0);
  const most = Math.max(all * LARGEST, ...sizes);
  const number = new Map(contexts.map(({ name }, i) => [name, i]));
  const costs = costMatrix(pairs, number);
  for (let joins = Math.floor(contexts.length * GIVEN_UP); joins > 0; joins -= 1) {
    const best = dearest({ into, sizes, costs, most, mayJoin: (a, b) => !apartAny(a, b) });
    if (best === undefined) break;
    const [keep, give] = best;
    for (const [i, at] of into.entries()) if (at === give) into[i] = keep;
    sizes[keep] = (sizes[keep] ?? 0) + (sizes[give] ?? 0);
    sizes[give] = 0;
  }
  return into;

  function apartAny(a: number, b: number): boolean {
    const of = (at: number): string[] => contexts.filter((_, i) => into[i] === at).map(({ name }) => name);
    return of(a).some((x) => of(b).some((y) => apart(x, y)));
  }
}

/** Cost between two contexts in both directions, `a < b`. */
function costMatrix(pairs: readonly ContextPair[], number: ReadonlyMap<string, number>): Map<string, number> {
  const costs = new Map<string, number>();
  for (const { from, to, cost } of pairs) {
    const [a, b] = [number.get(from) ?? 0, number.get(to) ?? 0].sort((x, y) => x - y);
    const key = `${String(a)} ${String(b)}`;
    costs.set(key, (costs.get(key) ?? 0) + cost);
  }
  return costs;
}

interface Round {
  readonly into: readonly number[];
  readonly sizes: readonly number[];
  readonly costs: ReadonlyMap<string, number>;
  readonly most: number;
  readonly mayJoin: (a: number, b: number) => boolean;
}

/** The two to join now, the larger first; among equals the ones that come first. */
function dearest({ into, sizes, costs, most, mayJoin }: Round): [keep: number, give: number] | undefined {
  const sums = new Map<string, number>();
  for (const [key, cost] of costs) {
    const [a = 0, b = 0] = key.split(' ').map((part) => into[Number(part)] ?? 0).sort((x, y) => x - y);
    if (a !== b) sums.set(`${String(a)} ${String(b)}`, (sums.get(`${String(a)} ${String(b)}`) ?? 0) + cost);
  }
  const ranked = [...sums].map(([key, cost]) => {
    const [a = 0, b = 0] = key.split(' ').map(Number);
    return { a, b, worth: cost / Math.max(1, Math.min(sizes[a] ?? 0, sizes[b] ?? 0)) };
  }).filter(({ a, b }) => (sizes[a] ?? 0) + (sizes[b] ?? 0) <= most).sort((x, y) => y.worth - x.worth || x.a - y.a || x.b - y.b);
  const best = ranked.find(({ a, b }) => mayJoin(a, b));
  if (best === undefined) return undefined;
  return (sizes[best.a] ?? 0) >= (sizes[best.b] ?? 0) ? [best.a, best.b] : [best.b, best.a];
}
