import type { ModulePath } from '../model/evidence.ts';
import type { Unresolved } from '../model/graph.ts';
import type { Cut } from '../propose/analysis.ts';

type Renames = ReadonlyMap<ModulePath, ModulePath>;

/** What a crossing is, without its line and its contexts: a moved line, a reformatted file and a renamed module leave it as it was. */
export const crossingIdentity = ({ kind, source, target }: Pick<Cut, 'kind' | 'source' | 'target'>, renames: Renames): string =>
  `${kind} ${earlier(source, renames)} > ${earlier(target, renames)}`;

/** What could not be resolved, without its line. Some gaps are counts per module (`3 calls`): one more or less is the same gap. */
export const unresolvedIdentity = ({ kind, what, evidence }: Unresolved, renames: Renames): string =>
  `${kind} ${earlier(evidence.file, renames)}: ${what.replace(/\s+/g, ' ').replace(/^\d+ ([a-z]+?)s?$/, 'some $1s')}`;

export const pairOf = ({ from, to }: Pick<Cut, 'from' | 'to'>): string => `${from} → ${to}`;

/** A module, or a function of one (`path#name`), under the path the baseline knows. */
function earlier(item: string, renames: Renames): string {
  const hash = item.indexOf('#');
  const path = hash < 0 ? item : item.slice(0, hash);
  return `${renames.get(path) ?? path}${hash < 0 ? '' : item.slice(hash)}`;
}
