import type { Analysis, Cut } from '../propose/analysis.ts';
import { plural } from './words.ts';

/** More arrows than this make a map nobody reads; the costliest are kept and the rest is counted. (Mermaid itself refuses more than 500.) */
const MOST_ARROWS = 40;
/** Mermaid refuses texts of more than 50,000 characters; this many boxes stay well below. */
const MOST_BOXES = 150;
const NAME_LENGTH = 60;

/** The context map: a box per context, an arrow per pair with the number of cuts. Thick where a transaction or a foreign write crosses. */
export function mermaid(analysis: Analysis): string {
  const { text, leftOut } = mermaidMap(analysis);
  return leftOut === '' ? text : `${text}  %% ${leftOut}\n`;
}

/** The map, and a sentence about what it leaves out. */
export function mermaidMap({ contexts, cuts }: Pick<Analysis, 'contexts' | 'cuts'>): { readonly text: string; readonly leftOut: string } {
  const boxes = contexts.slice(0, MOST_BOXES);
  const id = new Map(boxes.map(({ name }, i) => [name, `c${String(i)}`]));
  const arrows = contextArrows(cuts).flatMap((arrow) => {
    const [from, to] = [id.get(arrow.from), id.get(arrow.to)];
    return from === undefined || to === undefined ? [] : [{ ...arrow, from, to }];
  });
  const shown = arrows.slice(0, MOST_ARROWS);
  const left = [...(contexts.length > boxes.length ? [plural(contexts.length - boxes.length, 'context')] : []), ...(arrows.length > shown.length ? [plural(arrows.length - shown.length, 'cheaper arrow')] : [])];
  return {
    text: [
      'flowchart LR',
      ...boxes.map(({ name, modules, tables }) => `  ${id.get(name) ?? ''}["<b>${label(name)}</b><br/>${plural(modules.length, 'module')}${tables.length === 0 ? '' : `, ${plural(tables.length, 'table')}`}"]`),
      ...shown.map(({ from, to, cuts: its, heavy }) => `  ${from} ${heavy ? '==>' : '-->'}|${String(its.length)}| ${to}`), '',
    ].join('\n'),
    leftOut: left.length === 0 ? '' : `${left.join(' and ')} ${arrows.length - shown.length + contexts.length - boxes.length === 1 ? 'is' : 'are'} left out; the JSON and HTML reports have all.`,
  };
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

/** Mermaid reads entity codes in a quoted label, and nothing else of them. */
const label = (name: string): string => name.replace(/\s+/g, ' ').slice(0, NAME_LENGTH).toWellFormed().replace(/[^\p{L}\p{N} ./-]/gu, (sign) => `#${String(sign.codePointAt(0))};`);
