import type { Held } from '../hold/hold.ts';
import { at, code, folded, bullets, prose, table } from './markdown-parts.ts';
import { plural } from './words.ts';

/** How the code keeps to the baseline: what is new stands open, the rest is counted. */
export function boundary({ crossings, gone, placed, newGaps }: Held): string {
  const fresh = crossings.filter(({ state }) => state === 'new');
  return [
    '## Boundary',
    `${fresh.length === 0 ? 'No boundary is newly crossed' : `**${plural(fresh.length, 'new crossing')}**`}; ${String(crossings.length - fresh.length)} known, ${String(gone.length)} gone.`,
    ...(fresh.length === 0 ? [] : [table(['crosses', 'what', 'where', 'instead'], fresh, ({ cut, places }) =>
      [`${prose(cut.from)} → ${prose(cut.to)}`, prose(cut.what), `${at(cut.evidence)}${places > 1 ? ` and ${String(places - 1)} more` : ''}`, prose(cut.remedy.text)], { budget: 8_000 })]),
    ...(gone.length === 0 ? [] : [folded(`${String(gone.length)} gone: write the baseline anew`, bullets(gone, code, { budget: 2_000 }))]),
    ...(placed.length === 0 ? [] : [folded(`${plural(placed.length, 'module')} given a context`, bullets(placed, ({ module, context, because }) => `${code(module)}: ${prose(context)} (${because})`, { budget: 2_000 }))]),
    ...(newGaps.length === 0 ? [] : [folded(`${plural(newGaps.length, 'new gap')}: a crossing there would not be seen`, bullets(newGaps, code, { budget: 2_000 }))]),
  ].join('\n\n');
}
