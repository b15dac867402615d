import type { Analysis, Cut } from '../propose/analysis.ts';

/** More arrows than this make a map nobody reads; the costliest are kept and the rest is counted. */
const MOST_ARROWS = 40;

/** The context map: a box per context, an arrow per pair with the number of cuts. Thick where a transaction or a foreign write crosses. */
export function mermaid(analysis: Analysis): string {
  const id = new Map(analysis.contexts.map(({ name }, i) => [name, `c${String(i)}`]));
  const arrows = contextArrows(analysis.cuts);
  const shown = arrows.slice(0, MOST_ARROWS);
  return [
    'flowchart LR',
    ...analysis.contexts.map(({ name, modules, tables }) => `  ${id.get(name) ?? ''}["<b>${text(name)}</b><br/>${plural(modules.length, 'module')}${tables.length === 0 ? '' : `, ${plural(tables.length, 'table')}`}"]`),
    ...shown.map(({ from, to, cuts, heavy }) => `  ${id.get(from) ?? ''} ${heavy ? '==>' : '-->'}|${String(cuts.length)}| ${id.get(to) ?? ''}`),
    ...(arrows.length > shown.length ? [`  %% ${String(arrows.length - shown.length)} cheaper arrows are left out`] : []),
    '',
  ].join('\n');
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly cuts: readonly Cut[];
  readonly cost: number;
  /** A transaction or a write of somebody else's table crosses here. */
  readonly heavy: boolean;
}

/** Cuts pair by pair, costliest first. */
export function contextArrows(cuts: readonly Cut[]): Arrow[] {
  const pairs = new Map<string, Cut[]>();
  for (const cut of cuts) {
    const list = pairs.get(`${cut.from}\n${cut.to}`);
    if (list === undefined) pairs.set(`${cut.from}\n${cut.to}`, [cut]);
    else list.push(cut);
  }
  return [...pairs.values()].map((its) => ({
    from: its[0]?.from ?? '', to: its[0]?.to ?? '', cuts: its,
    cost: Math.round(its.reduce((total, { cost }) => total + cost, 0) * 10) / 10, heavy: its.some(({ kind }) => kind === 'transaction' || kind === 'write'),
  })).sort((a, b) => b.cost - a.cost || (a.from < b.from ? -1 : a.from > b.from ? 1 : a.to < b.to ? -1 : 1));
}

const text = (value: string): string => value.replace(/["<>&#]/g, ' ');
const plural = (n: number, noun: string): string => `${String(n)} ${noun}${n === 1 ? '' : 's'}`;
