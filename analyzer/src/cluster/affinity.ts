import type { Link } from './link.ts';
import { tally } from './tally.ts';

/** How strongly each item leans on each community: what placement, confidence and explanation all ask. Reads `communities` live. */
export class Affinity {
  readonly #communities: Map<string, number>;
  readonly #near = new Map<string, Link[]>();

  constructor(links: readonly Link[], communities: Map<string, number>) {
    this.#communities = communities;
    for (const link of links) {
      this.#put(link.a, link);
      this.#put(link.b, link);
    }
  }

  /** Weight of the item's links into each community, strongest first. */
  leaning(item: string): [community: number, weight: number][] {
    return tally(this.#votes(item));
  }

  linksAt(item: string): readonly Link[] {
    return this.#near.get(item) ?? [];
  }

  /**
   * Joins communities with fewer than `least` modules to the one they lean on most, smallest first; pinned ones stay, and so do those that lean on nobody they may join.
   * Changes the communities.
   */
  joinSmall(least: number, pinned: ReadonlySet<string>, apart: readonly (readonly [string, string])[]): void {
    const members = new Map<number, string[]>();
    for (const [item, label] of this.#communities) members.set(label, [...members.get(label) ?? [], item]);
    const small = [...members].filter(([, items]) => modulesIn(items) < least && !items.some((item) => pinned.has(item)))
      .sort(([x, a], [y, b]) => modulesIn(a) - modulesIn(b) || a.length - b.length || x - y);
    for (const [label] of small) {
      const items = members.get(label) ?? [];
      if (modulesIn(items) >= least) continue;
      const target = tally(items.flatMap((item) => this.#votes(item))).find(([other]) => other !== label && mayJoin(items, members.get(other) ?? [], apart))?.[0];
      if (target === undefined) continue;
      for (const item of items) this.#communities.set(item, target);
      members.set(target, [...members.get(target) ?? [], ...items]);
      members.delete(label);
    }
  }

  #votes(item: string): [number, number][] {
    return this.linksAt(item).flatMap((link): [number, number][] => {
      const label = this.#communities.get(link.a === item ? link.b : link.a);
      return label === undefined ? [] : [[label, link.weight]];
    });
  }

  #put(item: string, link: Link): void {
    const list = this.#near.get(item);
    if (list === undefined) this.#near.set(item, [link]);
    else list.push(link);
  }
}

const modulesIn = (items: readonly string[]): number => items.filter((item) => !item.startsWith('table:')).length;

function mayJoin(items: readonly string[], others: readonly string[], apart: readonly (readonly [string, string])[]): boolean {
  const a = new Set(items);
  const b = new Set(others);
  return !apart.some(([x, y]) => (a.has(x) && b.has(y)) || (a.has(y) && b.has(x)));
}
