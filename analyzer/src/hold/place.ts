import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { isProgram } from '../measure/program.ts';
import type { Assignment } from './assignment.ts';
import type { Pinned } from './pinned.ts';

/** Where a module that the baseline does not know was put, and why there. */
export interface Placed {
  readonly module: ModulePath;
  readonly context: string;
  readonly because: 'folder' | 'edges' | 'pinned' | 'renamed';
}

export interface Placement {
  readonly assignment: Assignment;
  readonly placed: readonly Placed[];
}

/**
 * The baseline's assignment, carried over to the code as it is now. Pins come first, then the baseline; a renamed module keeps its place unless it
 * moved into another context's folder; a new module joins its folder if that has one owner, else the context it has most edges with.
 * Wherever a new module lands, a path through it from one context to another has to cross a boundary, so nothing can be smuggled through it.
 */
export function placeAll(model: SystemModel, before: Assignment, pins: Pinned, renames: ReadonlyMap<ModulePath, ModulePath>): Placement {
  const draft: Draft = { contexts: new Map(), tables: new Map(), libraries: new Set(), wiring: new Set(), placed: [] };
  const program = model.modules.filter(isProgram).map(({ path }) => path);
  const open = program.filter((module) => !keep(module, before, pins, draft));
  for (const { name } of model.tables) giveTable(name, pins.ofTable(name) ?? before.tables.get(name), draft);
  for (const { table } of model.accesses) giveTable(table, pins.ofTable(table) ?? before.tables.get(table), draft);
  const folders = folderOwners(draft.contexts);
  const byEdges = open.filter((module) => {
    const from = renames.get(module);
    const folder = folders(module);
    const old = from === undefined ? undefined : before.contexts.get(from);
    const context = folder ?? old;
    if (context !== undefined) place({ module, context, because: context === old ? 'renamed' : 'folder' }, draft);
    else if (from !== undefined && before.libraries.has(from)) draft.libraries.add(module);
    else if (from !== undefined && before.wiring.has(from)) draft.wiring.add(module);
    else return true;
    return false;
  });
  placeByEdges(model, byEdges, draft);
  newTables(model, draft);
  return { assignment: draft, placed: draft.placed.sort((a, b) => compareText(a.module, b.module)) };
}

interface Draft {
  readonly contexts: Map<ModulePath, string>;
  readonly tables: Map<string, string>;
  readonly libraries: Set<ModulePath>;
  readonly wiring: Set<ModulePath>;
  readonly placed: Placed[];
}

function place(placed: Placed, draft: Draft): void {
  draft.contexts.set(placed.module, placed.context);
  draft.placed.push(placed);
}

const giveTable = (table: string, owner: string | undefined, draft: Draft): void => { if (owner !== undefined) draft.tables.set(table, owner); };

/** True when pins or the baseline settle it. */
function keep(module: ModulePath, before: Assignment, pins: Pinned, draft: Draft): boolean {
  const pin = pins.ofModule(module);
  const known = before.contexts.get(module);
  if (pin === 'shared') draft.wiring.add(module);
  else if (pin !== undefined && pin.context !== known) place({ module, context: pin.context, because: 'pinned' }, draft);
  else if (known !== undefined) draft.contexts.set(module, known);
  else if (before.libraries.has(module)) draft.libraries.add(module);
  else if (before.wiring.has(module)) draft.wiring.add(module);
  else return false;
  return true;
}

/** The one context that owns everything in the nearest folder with settled modules; the root is everybody's. */
function folderOwners(contexts: ReadonlyMap<ModulePath, string>): (module: ModulePath) => string | undefined {
  const owners = new Map<string, Set<string>>();
  for (const [module, context] of contexts) owners.set(folderOf(module), (owners.get(folderOf(module)) ?? new Set()).add(context));
  return (module) => {
    for (let folder = folderOf(module); folder !== ''; folder = folderOf(folder)) {
      const its = owners.get(folder);
      if (its !== undefined) return its.size === 1 ? [...its][0] : undefined;
    }
    return undefined;
  };
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** In rounds, each seeing only what earlier rounds settled, so that no order of the files matters. */
function placeByEdges(model: SystemModel, open: readonly ModulePath[], draft: Draft): void {
  const waiting = new Set(open);
  const edges = [...model.imports.filter(({ test }) => !test), ...model.calls.map(({ from, to }) => ({ from: from.module, to: to.module }))];
  for (;;) {
    const votes = new Map<ModulePath, Map<string, number>>();
    const vote = (module: ModulePath, context: string | undefined): void => {
      if (context === undefined || !waiting.has(module)) return;
      const its = votes.get(module) ?? new Map<string, number>();
      votes.set(module, its.set(context, (its.get(context) ?? 0) + 1));
    };
    for (const { from, to } of edges) {
      vote(from, draft.contexts.get(to));
      vote(to, draft.contexts.get(from));
    }
    for (const { at, table } of model.accesses) vote(at.module, draft.tables.get(table));
    if (votes.size === 0) return;
    for (const [module, its] of votes) {
      waiting.delete(module);
      place({ module, context: mostVoted(its) ?? '', because: 'edges' }, draft);
    }
  }
}

/** A table the baseline does not know goes to the context that writes it in most places, else to the one that reads it. */
function newTables(model: SystemModel, draft: Draft): void {
  for (const mode of ['write', 'read'] as const) {
    const votes = new Map<string, Map<string, number>>();
    for (const access of model.accesses) {
      const context = draft.contexts.get(access.at.module);
      if (access.mode !== mode || context === undefined || draft.tables.has(access.table)) continue;
      const its = votes.get(access.table) ?? new Map<string, number>();
      votes.set(access.table, its.set(context, (its.get(context) ?? 0) + 1));
    }
    for (const [table, its] of votes) giveTable(table, mostVoted(its), draft);
  }
}

const mostVoted = (votes: ReadonlyMap<string, number>): string | undefined => [...votes].sort(([a, x], [b, y]) => y - x || compareText(a, b))[0]?.[0];
