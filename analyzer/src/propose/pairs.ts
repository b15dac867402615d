import { compareText } from '../model/evidence.ts';
import type { ContextPair, Cut, CutKind, RemedyKind, Volume } from './analysis.ts';
import { costOf } from './cuts.ts';

/** The cuts summed up per ordered pair of contexts, costliest first. `volumeOf` says how many requests pass through the places of a pair. */
export function contextPairs(cuts: readonly Cut[], volumeOf: (cuts: readonly Cut[]) => Volume | undefined): ContextPair[] {
  const byPair = new Map<string, Cut[]>();
  for (const cut of cuts) {
    const key = `${cut.from}\n${cut.to}`;
    const list = byPair.get(key);
    if (list === undefined) byPair.set(key, [cut]);
    else list.push(cut);
  }
  return [...byPair.values()].flatMap((its) => its.slice(0, 1).map(({ from, to }): ContextPair => {
    const volume = volumeOf(its);
    return { from, to, cost: round(costOf(its)), counts: countBy(its), remedies: remediesOf(its), ...(volume === undefined ? {} : { volume }) };
  })).sort((a, b) => b.cost - a.cost || compareText(a.from, b.from) || compareText(a.to, b.to));
}

function countBy(cuts: readonly Cut[]): Partial<Record<CutKind, number>> {
  const counts: Partial<Record<CutKind, number>> = {};
  for (const { kind } of cuts) counts[kind] = (counts[kind] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => compareText(a, b)));
}

function remediesOf(cuts: readonly Cut[]): ContextPair['remedies'] {
  const counts = new Map<RemedyKind, number>();
  for (const { remedy } of cuts) counts.set(remedy.kind, (counts.get(remedy.kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, cuts: count })).sort((a, b) => b.cuts - a.cuts || compareText(a.kind, b.kind));
}

const round = (value: number): number => Math.round(value * 100) / 100;
