import type { ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { programModules } from './program.ts';

/** Martin's coupling of one module (R. C. Martin, "OO Design Quality Metrics", 1994), over run-time imports of other modules, tests left out. */
export interface Coupling {
  readonly module: ModulePath;
  /** Modules that import it. */
  readonly afferent: number;
  /** Modules it imports. */
  readonly efferent: number;
  /** efferent ÷ (afferent + efferent): 0 is leaned upon, 1 leans on others; 0 when it has neither. */
  readonly instability: number;
}

/** One row per module of the program, in the model's order. */
export function coupling(model: SystemModel): Coupling[] {
  const into = new Map<ModulePath, Set<ModulePath>>();
  const outOf = new Map<ModulePath, Set<ModulePath>>();
  for (const { from, to, kind, test } of model.imports) {
    if (kind === 'type' || test || from === to) continue;
    add(into, to, from);
    add(outOf, from, to);
  }
  return programModules(model).map((path) => {
    const afferent = into.get(path)?.size ?? 0;
    const efferent = outOf.get(path)?.size ?? 0;
    return { module: path, afferent, efferent, instability: afferent + efferent === 0 ? 0 : efferent / (afferent + efferent) };
  });
}

function add<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
