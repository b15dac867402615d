import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { programModules } from './program.ts';

/** A module so widely imported that an edge to it says nothing about belonging together. */
export interface Hub {
  readonly module: ModulePath;
  readonly importers: readonly ModulePath[];
  /** It reads or writes no table, so it can be a library. */
  readonly technical: boolean;
}

/** The share of modules treated as hubs. On four public systems, dropping the 5 % most imported helped more than any other single setting. */
const HUB_SHARE = 0.05;
const FEWEST_IMPORTERS = 5;

/** The most imported modules, whole ranks only (equal counts are in or out together, so that order cannot matter). Sorted by path. */
export function findHubs(model: SystemModel): Hub[] {
  const importers = importersOf(model);
  const modules = programModules(model);
  const counts = modules.map((path) => importers.get(path)?.size ?? 0).sort((a, b) => b - a);
  const rank = Math.max(1, Math.floor(modules.length * HUB_SHARE));
  const least = Math.max(FEWEST_IMPORTERS, (counts[rank] ?? 0) + 1);
  const withTables = new Set(model.accesses.map(({ at }) => at.module));
  return modules.filter((path) => (importers.get(path)?.size ?? 0) >= least).sort(compareText)
    .map((module) => ({ module, importers: [...importers.get(module) ?? []].sort(compareText), technical: !withTables.has(module) }));
}

/** Source modules that import each module at run time or for its types; tests left out. */
export function importersOf(model: SystemModel): Map<ModulePath, Set<ModulePath>> {
  const source = new Set(programModules(model));
  const importers = new Map<ModulePath, Set<ModulePath>>();
  for (const { from, to, test } of model.imports) {
    if (test || from === to || !source.has(from)) continue;
    const set = importers.get(to);
    if (set === undefined) importers.set(to, new Set([from]));
    else set.add(from);
  }
  return importers;
}
