import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { programModules } from './program.ts';

/** A root from which more than this share of the system is reached is the whole, not one program beside others: `main.ts`, or an all-in-one server. */
const WHOLE = 0.55;
/** Two roots whose reach overlaps by more than this start the same program: its server, its worker, its scripts. */
const SAME = 0.5;
const SMALLEST = 3;

/** A set of modules that is started on its own. */
export interface Program {
  /** Reached from this program's roots and from no other's. Sorted. */
  readonly own: readonly ModulePath[];
}

/** The programs in a system, and how much of it they reach together. */
export interface Programs {
  readonly all: readonly Program[];
  /** Modules that several programs reach: their libraries. Sorted. */
  readonly libraries: readonly ModulePath[];
  /** Share of the modules that some program reaches, 0–1. */
  readonly covered: number;
  /** Share of the modules that exactly one of them reaches, 0–1. */
  readonly own: number;
  /** Largest share of the tables that lies with one of them, or with their libraries, 0–1; 0 where fewer tables than programs are known. */
  readonly data: number;
}

/**
 * The programs that a source tree holds, by what their roots (modules that nobody imports, or cycles of such) reach through imports. A monolith has one root that
 * reaches nearly all; a workspace of services has several that meet in libraries only. A module that k roots reach counts 1/k, so that libraries do not unite what they serve.
 */
export function findPrograms(model: SystemModel): Programs {
  const modules = programModules(model).sort(compareText);
  const reaches = reachesOf(modules, model).filter((reach) => reach.length >= SMALLEST && reach.length <= modules.length * WHOLE);
  const groups = group(reaches, modules.length);
  const reachedBy = new Map<number, Set<number>>();
  reaches.forEach((reach, i) => { for (const module of reach) reachedBy.set(module, (reachedBy.get(module) ?? new Set()).add(groups[i] ?? 0)); });
  const own = new Map<number, ModulePath[]>();
  for (const [module, by] of reachedBy) {
    const [only] = by;
    if (by.size === 1 && only !== undefined) own.set(only, [...own.get(only) ?? [], modules[module] ?? '']);
  }
  const all = [...own.values()].filter((members) => members.length >= SMALLEST).map((members) => ({ own: members.sort(compareText) }))
    .sort((a, b) => b.own.length - a.own.length || compareText(a.own[0] ?? '', b.own[0] ?? ''));
  const shareOf = (count: number): number => count / Math.max(modules.length, 1);
  const libraries = [...reachedBy].flatMap(([module, by]) => (by.size > 1 ? [modules[module] ?? ''] : [])).sort(compareText);
  return { all, libraries, covered: shareOf(reachedBy.size), own: shareOf(all.reduce((sum, program) => sum + program.own.length, 0)), data: dataShare(model, all, libraries) };
}

/** A table lies where most of the places that touch it do. */
function dataShare({ accesses }: SystemModel, all: readonly Program[], libraries: readonly ModulePath[]): number {
  const home = new Map([...all.map(({ own }) => own), libraries].flatMap((members, i) => members.map((module) => [module, i] as const)));
  const tables = [...Map.groupBy(accesses.filter(({ at }) => home.has(at.module)), ({ table }) => table).values()];
  // Fewer tables than programs: what is known of the data says nothing of where it lies.
  if (tables.length < all.length) return 0;
  const lies = tables.map((places) => mostFrequent(places.map(({ at }) => home.get(at.module) ?? 0)).value);
  return mostFrequent(lies).times / Math.max(tables.length, 1);
}

/** Among equals the lowest. */
function mostFrequent(values: readonly number[]): { readonly value: number; readonly times: number } {
  const counts = [...Map.groupBy(values, (value) => value)].map(([value, { length: times }]) => ({ value, times }));
  return counts.sort((a, b) => b.times - a.times || a.value - b.value)[0] ?? { value: 0, times: 0 };
}

/** Several programs are there when together they reach this share of all modules, … */
const COVERED = 0.8;
/** … this share is some program's own (pages of one site share most of theirs), … */
const OWN = 0.64;
/** … and when they are as good as this many of equal size. */
const FEWEST = 2;
/** … and when none of them, nor what they share, holds more than this of the tables: a page, a worker and a backend fall apart as programs, and the backend is what is to be divided. */
const DATA = 0.75;

/** Whether a source tree holds several programs beside one another and none that is most of it: services of a workspace, say. Then those are the contexts, and what lies inside is each one's own affair. */
export function severalPrograms({ all, covered, data, own }: Programs): boolean {
  const sizes = all.map((program) => program.own.length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const effective = total === 0 ? 0 : 1 / sizes.reduce((sum, size) => sum + (size / total) ** 2, 0);
  return covered >= COVERED && own >= OWN && effective >= FEWEST && data <= DATA;
}

/** What each root reaches, itself included, largest first. */
function reachesOf(modules: readonly ModulePath[], model: SystemModel): number[][] {
  const number = new Map(modules.map((path, i) => [path, i]));
  const [out, into] = [modules.map((): number[] => []), modules.map((): number[] => [])];
  const edge = (from: ModulePath, to: ModulePath): void => {
    const [a, b] = [number.get(from), number.get(to)];
    if (a === undefined || b === undefined || a === b) return;
    out[a]?.push(b);
    into[b]?.push(a);
  };
  for (const { from, to, through, test } of model.imports) {
    if (!test) for (const next of [to, ...through]) edge(from, next);
  }
  return rootsOf(out, into).map((root) => closure(root, out)).sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
}

/** One module per source component of the import graph, found by Kosaraju's argument: the last to finish among those not yet reached. */
function rootsOf(out: readonly (readonly number[])[], into: readonly (readonly number[])[]): number[] {
  const seen = new Uint8Array(out.length);
  const candidates: number[] = [];
  // Whoever nobody imports is a root; what is left then are cycles, of which any member reaches the rest.
  into.forEach((importers, module) => { if (importers.length === 0) candidates.push(module); });
  const roots: number[] = [];
  for (const module of [...candidates, ...out.keys()]) {
    if (seen[module] === 1) continue;
    roots.push(module);
    for (const reached of closure(module, out)) seen[reached] = 1;
  }
  return roots;
}

/** All that is reached from a module, itself first. */
function closure(from: number, out: readonly (readonly number[])[]): number[] {
  const seen = new Set([from]);
  for (const module of seen) for (const next of out[module] ?? []) seen.add(next);
  return [...seen];
}

/** A group per reach: each unites the groups that it overlaps with, or founds one. */
function group(reaches: readonly (readonly number[])[], modules: number): number[] {
  const roots = new Float64Array(modules);
  for (const reach of reaches) for (const module of reach) roots[module] = (roots[module] ?? 0) + 1;
  const worth = (module: number): number => 1 / (roots[module] ?? 1);
  const groupsAt = new Map<number, Set<number>>();
  const members = new Map<number, Set<number>>();
  const weights = new Map<number, number>();
  const unite = (into: number, others: readonly number[], reach: readonly number[]): void => {
    const united = members.get(into) ?? new Set<number>();
    members.set(into, united);
    for (const module of [...reach, ...others.flatMap((other) => [...members.get(other) ?? []])]) {
      const at = groupsAt.get(module) ?? new Set<number>();
      for (const other of others) at.delete(other);
      groupsAt.set(module, at.add(into));
      if (!united.has(module)) weights.set(into, (weights.get(into) ?? 0) + worth(module));
      united.add(module);
    }
    for (const other of others) members.delete(other);
  };
  const found = reaches.map((reach, fresh) => {
    const overlap = new Map<number, number>();
    for (const module of reach) for (const other of groupsAt.get(module) ?? []) overlap.set(other, (overlap.get(other) ?? 0) + worth(module));
    const weight = reach.reduce((sum, module) => sum + worth(module), 0);
    // It joins the group it overlaps most, and takes along those that it swallows: what it merely touches stays as it is.
    const like = [...overlap].map(([other, shared]) => ({ other, shared, least: Math.min(weight, weights.get(other) ?? 0) })).filter(({ shared, least }) => shared > SAME * least)
      .sort((a, b) => b.shared / b.least - a.shared / a.least || b.shared - a.shared || a.other - b.other);
    const [into = fresh, ...others] = like.filter(({ other, shared }, i) => i === 0 || shared > SAME * (weights.get(other) ?? 0)).map(({ other }) => other).sort((a, b) => a - b);
    unite(into, others, reach);
    return { into, others };
  });
  // Later reaches may have united earlier groups, always into the lower number.
  const heir = new Map(found.flatMap(({ into, others }) => others.map((other) => [other, into] as const)));
  const last = (of: number): number => { const next = heir.get(of); return next === undefined ? of : last(next); };
  return found.map(({ into }) => last(into));
}
