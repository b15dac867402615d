import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Measures } from '../measure/measure.ts';
import type { Hub } from '../measure/hubs.ts';
import { tableItem, type Constraints } from './pins.ts';
import { tally } from './tally.ts';

/** Why a module belongs to no context. */
export interface SharedModule {
  readonly module: ModulePath;
  /** `utility`: a library everybody imports. `composition`: it wires the contexts together and nobody imports it. `script`: it writes tables all over and no endpoint reaches it (seeds, repairs). `isolated`: nothing ties it to anything. `pinned`: the team said so. */
  readonly reason: 'utility' | 'composition' | 'script' | 'isolated' | 'pinned';
  readonly why: string;
}

/** Module path or `table:NAME` → community. */
export type Communities = Map<string, number>;

/** A utility whose importers lie mostly in one context is that context's own. */
const OWN_UTILITY = 0.5;
/** A library leans on next to nothing: a hub that imports more has business of its own. */
const LEAF = 3;
/** A module that imports from this share of all contexts (and at least three) wires them. */
const WIRING = 0.4;

/** Takes out of the communities what belongs to none: technical hubs, wiring, and modules that nothing ties to another. Changes `communities`. */
export function setAside(model: SystemModel, measures: Measures, constraints: Constraints, communities: Communities): SharedModule[] {
  const tied = new Set([...constraints.names.values(), ...constraints.together.flat(), ...constraints.apart.flat()]);
  const free = (module: ModulePath): boolean => communities.has(module) && !tied.has(module);
  const efferent = new Map(measures.coupling.map((row) => [row.module, row.efferent]));
  const shared = [
    ...[...constraints.shared].map((module): SharedModule => ({ module, reason: 'pinned', why: 'pinned as shared' })),
    ...measures.hubs.filter(({ module }) => free(module)).flatMap((hub) => utility(hub, communities, efferent.get(hub.module) ?? 0)),
    ...wiring(model, measures, communities, free),
    ...scripts(model, measures, communities, free),
  ];
  for (const { module } of shared) communities.delete(module);
  const alone = isolated(communities).filter(free);
  for (const module of alone) communities.delete(module);
  return [...shared, ...alone.map((module): SharedModule => ({ module, reason: 'isolated', why: 'no import, call, table, name or history ties it to another module' }))]
    .sort((a, b) => compareText(a.module, b.module));
}

/** A hub goes to the context that most of its importers lie in; a technical leaf without such a context is shared. */
function utility({ module, importers, technical }: Hub, communities: Communities, efferent: number): SharedModule[] {
  const votes = tally(importers.flatMap((importer): [number, number][] => {
    const label = communities.get(importer);
    return label === undefined ? [] : [[label, 1]];
  }));
  const [winner] = votes;
  if (winner !== undefined && winner[1] >= importers.length * OWN_UTILITY) {
    communities.set(module, winner[0]);
    return [];
  }
  return technical && efferent <= LEAF && votes.length >= 3 ? [{ module, reason: 'utility', why: `imported by ${String(importers.length)} modules of ${String(votes.length)} contexts, touches no table` }] : [];
}

/** `app.ts`, `main.ts`, a router of routers: imports from many contexts and mostly from no single one, is imported by next to nobody, touches no table. */
function wiring(model: SystemModel, measures: Measures, communities: Communities, free: (module: ModulePath) => boolean): SharedModule[] {
  const reached = contextsReached(model, communities);
  const withTables = new Set(model.accesses.map(({ at }) => at.module));
  const least = Math.max(3, new Set(communities.values()).size * WIRING);
  return measures.coupling.filter(({ module, afferent }) => afferent <= 1 && free(module) && !withTables.has(module)).flatMap(({ module, afferent }): SharedModule[] => {
    const reach = tally((reached.get(module) ?? []).map((label) => [label, 1]));
    const most = (reach[0]?.[1] ?? 0) / (reached.get(module)?.length ?? 1);
    if (reach.length < least || most > OWN_UTILITY) return [];
    return [{ module, reason: 'composition', why: `wires ${String(reach.length)} contexts together; ${afferent === 0 ? 'nobody imports it' : 'one module imports it'}` }];
  });
}

/** Seeds and repair scripts: they write tables of many contexts, and no request ever passes through them. Known only where endpoints could be traced. */
function scripts(model: SystemModel, measures: Measures, communities: Communities, free: (module: ModulePath) => boolean): SharedModule[] {
  const served = new Set(measures.traces.flatMap(({ modules }) => modules));
  if (served.size === 0) return [];
  const written = new Map<ModulePath, Set<number>>();
  for (const { at, mode, table } of model.accesses) {
    const owner = communities.get(tableItem(table));
    if (mode === 'write' && owner !== undefined) written.set(at.module, (written.get(at.module) ?? new Set()).add(owner));
  }
  const least = Math.max(3, new Set(measures.tables.map(({ table }) => communities.get(tableItem(table)))).size * WIRING);
  return [...written].filter(([module, owners]) => owners.size >= least && !served.has(module) && free(module))
    .map(([module, owners]) => ({ module, reason: 'script', why: `writes tables of ${String(owners.size)} contexts, and no endpoint reaches it` }));
}

/** The context of each module that a module imports at run time. */
function contextsReached(model: SystemModel, communities: Communities): Map<ModulePath, number[]> {
  const reached = new Map<ModulePath, number[]>();
  for (const { from, to, kind, test } of model.imports) {
    const label = communities.get(to);
    if (kind === 'type' || test || label === undefined) continue;
    const list = reached.get(from);
    if (list === undefined) reached.set(from, [label]);
    else list.push(label);
  }
  return reached;
}

function isolated(communities: Communities): ModulePath[] {
  const sizes = new Map<number, number>();
  for (const label of communities.values()) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return [...communities].filter(([item, label]) => sizes.get(label) === 1 && !item.startsWith('table:')).map(([item]) => item);
}
