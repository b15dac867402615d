import { compareText } from '../model/evidence.ts';

/** An item and how often each word speaks for it. */
export type Bag = ReadonlyMap<string, number>;

export interface Likeness {
  readonly a: number;
  readonly b: number;
  /** Cosine, 0–1. */
  readonly weight: number;
}

/**
 * Each item's nearest neighbours by the cosine of their TF-IDF vectors (Salton & Buckley 1988), through an inverted index: no n² matrix is made.
 * Words of more than `mostShare` of the items tell nothing and are left out. A pair is listed once, when either names the other among its `nearest`.
 */
export function likenesses(bags: readonly Bag[], { nearest, mostShare, least }: { nearest: number; mostShare: number; least: number }): Likeness[] {
  const postings = invert(bags);
  const most = Math.max(4, bags.length * mostShare);
  const vectors = bags.map((bag) => unit(bag, postings, bags.length, most));
  const pairs = new Map<string, Likeness>();
  vectors.forEach((vector, item) => {
    for (const { other, score } of closest(scoresOf(item, vector), nearest, least)) {
      const [a, b] = item < other ? [item, other] : [other, item];
      pairs.set(`${String(a)} ${String(b)}`, { a, b, weight: score });
    }
  });
  return [...pairs.values()].sort((x, y) => x.a - y.a || x.b - y.b);

  function scoresOf(item: number, vector: ReadonlyMap<string, number>): Map<number, number> {
    const scores = new Map<number, number>();
    for (const [word, weight] of vector) {
      for (const other of postings.get(word) ?? []) if (other !== item) scores.set(other, (scores.get(other) ?? 0) + weight * (vectors[other]?.get(word) ?? 0));
    }
    return scores;
  }
}

/** Ties at the border are all in: which of two equals comes first in the input must not matter. */
function closest(scores: ReadonlyMap<number, number>, nearest: number, least: number): { other: number; score: number }[] {
  const ranked = [...scores].map(([other, score]) => ({ other, score: Math.round(score * 1e9) / 1e9 })).filter(({ score }) => score >= least).sort((x, y) => y.score - x.score);
  const border = ranked[nearest - 1]?.score ?? 0;
  return ranked.filter(({ score }) => score >= border);
}

function invert(bags: readonly Bag[]): Map<string, number[]> {
  const postings = new Map<string, number[]>();
  bags.forEach((bag, item) => {
    for (const word of bag.keys()) {
      const list = postings.get(word);
      if (list === undefined) postings.set(word, [item]);
      else list.push(item);
    }
  });
  return postings;
}

/** Words in a fixed order, so that sums come out equal to the last bit whatever order a bag was filled in. */
function unit(bag: Bag, postings: ReadonlyMap<string, readonly number[]>, items: number, most: number): Map<string, number> {
  const weighted = [...bag].sort(([a], [b]) => compareText(a, b)).flatMap(([word, count]): [string, number][] => {
    const found = postings.get(word)?.length ?? 0;
    return found < 2 || found > most ? [] : [[word, (1 + Math.log(count)) * Math.log(items / found)]];
  });
  const length = Math.hypot(...weighted.map(([, weight]) => weight));
  return new Map(length === 0 ? [] : weighted.map(([word, weight]) => [word, weight / length]));
}
