import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compareText } from '../model/evidence.ts';
import type { Disagreement, ImportEdge, Unresolved } from '../model/graph.ts';

export interface CrossChecked {
  readonly disagreements: readonly Disagreement[];
  readonly unresolved: readonly Unresolved[];
}

/** Compares our import edges with madge's and says, where it can be told, why they differ. Slow: madge reads everything once more. */
export const crossCheckImports = async (root: string, edges: readonly ImportEdge[], modules: ReadonlySet<string>): Promise<CrossChecked> => {
  const { default: madge } = await import('madge');
  const tsConfig = join(root, 'tsconfig.json');
  try {
    const result = await madge(root, {
      fileExtensions: ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs'], excludeRegExp: [/node_modules/],
      detectiveOptions: { ts: { skipTypeImports: false, mixedImports: true }, tsx: { skipTypeImports: false, mixedImports: true }, es6: { mixedImports: true } },
      ...(existsSync(tsConfig) ? { tsConfig } : {}),
    });
    return { disagreements: compare(result.obj(), edges, modules), unresolved: [] };
  } catch (error) {
    return { disagreements: [], unresolved: [{ kind: 'file', what: 'madge', why: `the cross-check could not run: ${String(error).split('\n')[0]?.slice(0, 120) ?? ''}`, evidence: { file: '.', line: 1 } }] };
  }
};

/** Pure: two sets of edges, and what sets them apart. */
export const compare = (madge: Readonly<Record<string, readonly string[]>>, edges: readonly ImportEdge[], modules: ReadonlySet<string>): Disagreement[] => {
  const ours = new Map<string, ImportEdge>(edges.map((edge) => [`${edge.from}\0${edge.to}`, edge]));
  const barrels = new Set(edges.flatMap(({ from, through }) => through.map((barrel) => `${from}\0${barrel}`)));
  const theirs = Object.entries(madge).flatMap(([from, targets]) => targets.map((to) => ({ from, to, key: `${from}\0${to}` })));
  const onlyTheirs = theirs.filter(({ from, to, key }) => !ours.has(key) && from !== to && modules.has(from) && modules.has(to)).map(({ from, to, key }): Disagreement => (
    { from, to, seenBy: 'madge', because: barrels.has(key) ? 'through a barrel: we lead the edge to what is declared behind it' : 'not an import we read' }));
  const known = new Set(theirs.map(({ key }) => key));
  const onlyOurs = [...ours].filter(([key]) => !known.has(key)).map(([, edge]): Disagreement => ({ from: edge.from, to: edge.to, seenBy: 'strangler', because: reason(edge) }));
  return [...onlyTheirs, ...onlyOurs].sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to) || compareText(a.seenBy, b.seenBy));
};

const reason = (edge: ImportEdge): string => {
  if (edge.through.length > 0) return 'through a barrel: madge stops at it';
  if (edge.kind === 'type') return 'type-only';
  return edge.kind === 'dynamic' ? 'loaded inside a function' : 'madge does not resolve it';
};
