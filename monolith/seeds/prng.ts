/** A small, fast generator (mulberry32): the same label gives the same values on every machine and every run. */
export class Prng {
  #state: number;

  /** A label of its own per table keeps the other tables as they are when one generator changes. */
  constructor(label: string) {
    // FNV-1a, so that labels differing in one letter start far apart.
    let hash = 0x811c9dc5;
    for (const character of label) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** An integer in [min, max]. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** An integer in [1, max], small ones more often: few products make most of the sales. */
  skewed(max: number): number {
    return 1 + Math.floor(this.next() ** 2 * max);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('pick() from an empty list');
    return item;
  }

  /** `count` different integers drawn by `draw`. `draw` must have at least that many to give. */
  distinct(count: number, draw: () => number): number[] {
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(draw());
    return [...drawn].sort((a, b) => a - b);
  }
}
