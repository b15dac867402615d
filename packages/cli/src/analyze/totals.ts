import type { Analysis, Share } from '@strangler/analyzer';

/** What the line at the end says of an analysis. */
export interface Totals {
  readonly modules: number;
  readonly lines: number;
  readonly gaps: number;
  readonly recall: Readonly<Record<(typeof KINDS)[number], Share>>;
}

const KINDS = ['imports', 'calls', 'queries', 'endpoints'] as const;

export const totalsOf = ({ model, recall: { imports, calls, queries, endpoints } }: Analysis): Totals => ({
  modules: model.modules.length, lines: model.modules.reduce((sum, module) => sum + module.lines, 0), gaps: model.unresolved.length, recall: { imports, calls, queries, endpoints },
});

export function totalsLine({ modules, lines, gaps, recall }: Totals): string {
  const shares = KINDS.map((kind) => `${percent(recall[kind])} of ${String(recall[kind].total)} ${kind}`);
  return `read ${String(modules)} modules, ${String(lines)} lines; resolved ${shares.join(', ')}; ${String(gaps)} gap${gaps === 1 ? '' : 's'} listed`;
}

const percent = ({ resolved, total }: Share): string => (total === 0 ? '–' : `${String(Math.floor((1000 * resolved) / total) / 10)} %`);
