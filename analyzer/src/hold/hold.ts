import { byEvidence, compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { ContextPins } from '../cluster/pins.ts';
import type { Analysis, Cut } from '../propose/analysis.ts';
import { settle } from '../propose/settle.ts';
import { volumesOf } from '../propose/volumes.ts';
import { assignmentIn, assignmentOf, communitiesOf, SHARED, type Assignment } from './assignment.ts';
import { digests, type Baseline } from './baseline.ts';
import { crossingIdentity, pairOf, unresolvedIdentity } from './identity.ts';
import { pinned } from './pinned.ts';
import { findRenames } from './renames.ts';
import { placeAll, type Placed } from './place.ts';

/** An edge across a settled boundary. */
export interface Crossing {
  readonly cut: Cut;
  /** Every place where it happens, first the cut's own. A further place of a known crossing is not new. */
  readonly places: number;
  /** What it is, whatever the line and after a rename: `call orders/checkout.ts > stock/shelves.ts#reserve`. */
  readonly identity: string;
  readonly state: 'new' | 'known';
}

/** How the code as it is now keeps to what a team agreed on. */
export interface Held {
  /** Costliest kinds first within a pair of contexts. */
  readonly crossings: readonly Crossing[];
  /** In the baseline and no longer in the code: `orders → stock: call …`. */
  readonly gone: readonly string[];
  readonly placed: readonly Placed[];
  readonly renamed: readonly { readonly from: ModulePath; readonly to: ModulePath }[];
  /** Identities of what could not be resolved and was no gap before: a crossing there would not be seen. */
  readonly newGaps: readonly string[];
  /** What a baseline written now would say. */
  readonly next: Baseline;
}

/** Does the code share anything with the baseline? If not, it was written for another directory. */
export const knowsAny = (model: SystemModel, baseline: Baseline): boolean => {
  const { contexts, libraries, wiring } = assignmentIn(baseline);
  return contexts.size + libraries.size + wiring.size === 0 || model.modules.some(({ path }) => contexts.has(path) || libraries.has(path) || wiring.has(path));
};

/**
 * A first baseline: the analysis's own contexts, and every crossing accepted as it is. What the analysis left out as isolated is placed as a new module
 * would be: else it would be new to the very code the baseline was written from.
 */
export const firstBaseline = (analysis: Analysis): Baseline => {
  const { assignment } = placeAll(analysis.model, assignmentOf(analysis), pinned({}), new Map());
  return nextBaseline(analysis.model, assignment, crossingsUnder(analysis, assignment, new Map(), new Set()));
};

/**
 * Holds the code against a baseline. The analysis gives the edges; who owns what is the baseline's word (and the pins'), never a fresh clustering's:
 * else a new file could move a boundary instead of crossing it.
 */
export function hold(analysis: Analysis, baseline: Baseline, pins: ContextPins): Held {
  const { model } = analysis;
  const renames = findRenames(baseline, model.modules);
  const { assignment, placed } = placeAll(model, assignmentIn(baseline), pinned(pins), renames);
  const known = new Set(Object.values(baseline.crossings).flat());
  const crossings = crossingsUnder(analysis, assignment, renames, known);
  const now = new Set(crossings.map(({ identity }) => identity));
  const gaps = new Set(baseline.unresolved);
  return {
    crossings, placed,
    gone: Object.entries(baseline.crossings).flatMap(([pair, its]) => its.filter((identity) => !now.has(identity)).map((identity) => `${pair}: ${identity}`)).sort(compareText),
    renamed: [...renames].map(([to, from]) => ({ from, to })).sort((a, b) => compareText(a.from, b.from)),
    newGaps: [...new Set(model.unresolved.map((gap) => unresolvedIdentity(gap, renames)))].filter((identity) => !gaps.has(identity)).sort(compareText),
    next: nextBaseline(model, assignment, crossings.map((crossing) => ({ ...crossing, identity: crossingIdentity(crossing.cut, new Map()) }))),
  };
}

function crossingsUnder(analysis: Analysis, assignment: Assignment, renames: ReadonlyMap<ModulePath, ModulePath>, known: ReadonlySet<string>): Crossing[] {
  const { communityOf, names } = communitiesOf(assignment);
  const { cuts } = settle({ ...analysis, volumes: volumesOf(analysis.model) }, communityOf, names);
  const found = new Map<string, Cut[]>();
  // Linking a library is what libraries are for.
  for (const cut of cuts) if (cut.to !== SHARED) {
    const identity = crossingIdentity(cut, renames);
    found.set(identity, [...found.get(identity) ?? [], cut]);
  }
  return [...found].flatMap(([identity, its]): Crossing[] => {
    const [cut] = [...its].sort((a, b) => byEvidence(a.evidence, b.evidence));
    return cut === undefined ? [] : [{ cut, places: its.length, identity, state: known.has(identity) ? 'known' : 'new' }];
  });
}

function nextBaseline(model: SystemModel, { contexts, tables, libraries, wiring }: Assignment, crossings: readonly Crossing[]): Baseline {
  const byPath = new Map(model.modules.map((module) => [module.path, module]));
  const names = [...new Set([...contexts.values(), ...tables.values()])].sort(compareText);
  const grouped = new Map<string, Set<string>>();
  for (const { cut, identity } of crossings) grouped.set(pairOf(cut), (grouped.get(pairOf(cut)) ?? new Set()).add(identity));
  return {
    schemaVersion: 1,
    contexts: Object.fromEntries(names.map((name) => [name, {
      modules: digests([...contexts].filter(([, context]) => context === name).map(([module]) => module), byPath),
      tables: [...tables].filter(([, context]) => context === name).map(([table]) => table).sort(compareText),
    }])),
    shared: { libraries: digests(libraries, byPath), wiring: digests(wiring, byPath) },
    crossings: Object.fromEntries([...grouped].sort(([a], [b]) => compareText(a, b)).map(([pair, its]) => [pair, [...its].sort(compareText)])),
    unresolved: [...new Set(model.unresolved.map((gap) => unresolvedIdentity(gap, new Map())))].sort(compareText),
  };
}
