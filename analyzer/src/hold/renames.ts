import { compareText, type ModulePath } from '../model/evidence.ts';
import type { Module } from '../model/graph.ts';
import { declares, type Baseline } from './baseline.ts';

/**
 * Modules that went and came back under another path: new path → the baseline's. A pair declares the same identifiers, and either keeps its
 * file name or is the only such pair; where two could be meant, neither is taken.
 */
export function findRenames(baseline: Baseline, modules: readonly Module[]): ReadonlyMap<ModulePath, ModulePath> {
  const known = digestsIn(baseline);
  const now = new Set(modules.map(({ path }) => path));
  const gone = [...known].filter(([path, digest]) => digest !== '' && !now.has(path)).map(([path, digest]) => ({ path, digest }));
  const fresh = modules.filter(({ path }) => !known.has(path)).map((module) => ({ path: module.path, digest: declares(module) }));
  const renames = new Map<ModulePath, ModulePath>();
  for (const key of [({ path, digest }: Entry) => `${fileName(path)} ${digest}`, ({ digest }: Entry) => digest]) {
    const taken = new Set(renames.values());
    const [from, to] = [unique(gone.filter(({ path }) => !taken.has(path)), key), unique(fresh.filter(({ path }) => !renames.has(path)), key)];
    for (const [name, path] of [...to].sort(([, a], [, b]) => compareText(a, b))) {
      const before = from.get(name);
      if (before !== undefined) renames.set(path, before);
    }
  }
  return renames;
}

interface Entry { readonly path: ModulePath; readonly digest: string }

const fileName = (path: ModulePath): string => path.slice(path.lastIndexOf('/') + 1);

const digestsIn = ({ contexts, shared }: Baseline): Map<ModulePath, string> => new Map([
  ...Object.values(contexts).flatMap(({ modules }) => Object.entries(modules)), ...Object.entries(shared.libraries), ...Object.entries(shared.wiring),
]);

/** Entries that share their key with no other, by that key. */
function unique(entries: readonly Entry[], key: (entry: Entry) => string): Map<string, ModulePath> {
  const found = new Map<string, ModulePath>();
  const twice = new Set<string>();
  for (const entry of entries) {
    if (found.has(key(entry))) twice.add(key(entry));
    found.set(key(entry), entry.path);
  }
  return new Map([...found].filter(([name]) => !twice.has(name)));
}
