import type { Analysis, Cut } from '../propose/analysis.ts';
import { at, blocks, folded, prose, table } from './markdown-parts.ts';
import { contextArrows } from './mermaid.ts';
import { kindsOf, requests } from './words.ts';

/** Evidence shown per pair of contexts: one of each kind first. */
const CUTS_PER_PAIR = 4;

export function cutSections({ cuts, pairs }: Analysis): string {
  const volume = new Map(pairs.map((pair) => [`${pair.from}\n${pair.to}`, pair.volume]));
  return cuts.length === 0 ? 'No edge crosses a boundary.' : blocks(contextArrows(cuts), ({ from, to, cuts: its, cost }) => folded(
    `${prose(from)} → ${prose(to)}: ${kindsOf(its)}; cost ${String(cost)}${requests(volume.get(`${from}\n${to}`))}`,
    table(['kind', 'what', 'where', 'instead'], varied(its).slice(0, CUTS_PER_PAIR), (cut) => [cut.kind, prose(cut.what), at(cut.evidence), `${cut.remedy.kind}: ${prose(cut.remedy.text)}`]),
  ), { budget: 11_000 });
}

/** The first of each kind, dearest kind first, then the others. */
function varied(cuts: readonly Cut[]): Cut[] {
  const seen = new Set<string>();
  const ranked = cuts.map((cut) => {
    const again = seen.has(cut.kind);
    seen.add(cut.kind);
    return { cut, again };
  });
  return ranked.sort((a, b) => Number(a.again) - Number(b.again) || b.cut.cost - a.cut.cost).map(({ cut }) => cut);
}

export const sagas = ({ sagas: all }: Analysis): string => blocks(all, ({ name, kind, orchestrator, steps, evidence }) => folded(
  `${prose(name)}: ${kind === 'saga' ? 'a saga' : 'an outbox'} led by ${prose(orchestrator)}`,
  `${at(evidence)}\n\n${table(['step', 'context', 'does', 'undone by'], steps, ({ context, does, compensation }, i) => [i + 1, prose(context), prose(does), compensation === undefined ? 'not undone: retried' : prose(compensation)])}`,
), { budget: 4_000 });
