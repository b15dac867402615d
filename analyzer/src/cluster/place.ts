import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Measures } from '../measure/measure.ts';
import { Affinity } from './affinity.ts';
import type { Grain } from './consensus.ts';
import type { Link } from './link.ts';
import type { NodeIndex } from './node-index.ts';
import { tableItem, type Constraints } from './pins.ts';
import { setAside, type Communities, type SharedModule } from './set-aside.ts';
import { tally } from './tally.ts';

export interface Placement {
  /** Module path or `table:NAME` → community, numbered from the largest. Modules that are shared are absent. */
  readonly communityOf: ReadonlyMap<string, number>;
  readonly communities: number;
  readonly shared: readonly SharedModule[];
}

export interface PlaceInput {
  readonly model: SystemModel;
  readonly measures: Measures;
  readonly modules: readonly ModulePath[];
  readonly tables: readonly string[];
  readonly links: readonly Link[];
  readonly constraints: Constraints;
  readonly index: NodeIndex;
  readonly grain: Grain;
}

/** A context of fewer modules is no service: it joins the one it leans on most. */
const SMALLEST = 3;

/** From communities of nodes to contexts: small ones joined, hubs and wiring set aside, every table given one owner that writes it. */
export function place({ constraints, grain, index, links, measures, model, modules, tables }: PlaceInput): Placement {
  const items = [...modules, ...tables.map(tableItem)].filter((item) => !constraints.shared.has(item));
  const communities: Communities = new Map(items.map((item) => [item, grain.labels[index.nodeOf.get(item) ?? 0] ?? 0]));
  const affinity = new Affinity(links, communities);
  const joinSmall = (): void => { affinity.joinSmall(SMALLEST, new Set(constraints.names.values()), constraints.apart); };
  joinSmall();
  const shared = setAside(model, measures, constraints, communities);
  joinSmall();
  ownTables(model, tables, constraints, communities);
  dropEmpty(constraints, communities);
  return { ...numberBySize(communities), shared };
}

/** One owner per table: where the code writes it, a context that writes it (the one that does most, unless the evidence chose one that does half as much); then the same for reads. */
function ownTables(model: SystemModel, tables: readonly string[], constraints: Constraints, communities: Communities): void {
  const pinned = new Set([...constraints.names.values(), ...constraints.together.flat()]);
  const votes = { write: new Map<string, [number, number][]>(), read: new Map<string, [number, number][]>() };
  for (const { table, mode, at } of model.accesses) {
    const label = communities.get(at.module);
    if (label !== undefined) votes[mode].set(table, [...votes[mode].get(table) ?? [], [label, 1]]);
  }
  for (const table of tables) {
    const item = tableItem(table);
    const owner = ownerOf(tally(votes.write.get(table) ?? votes.read.get(table) ?? []), communities.get(item));
    if (owner !== undefined && !pinned.has(item)) communities.set(item, owner);
  }
}

/** Tables that no code touches and that refer to nothing owned are nobody's: a context of tables alone would have nothing to run. People may pin one all the same. */
function dropEmpty({ names, together }: Constraints, communities: Communities): void {
  const pinned = new Set([...names.values(), ...together.flat()]);
  const inhabited = new Set([...communities].flatMap(([item, label]) => (isTable(item) && !pinned.has(item) ? [] : [label])));
  for (const [item, label] of communities) if (!inhabited.has(label)) communities.delete(item);
}

const isTable = (item: string): boolean => item.startsWith('table:');

function ownerOf(ranked: readonly (readonly [number, number])[], evidence: number | undefined): number | undefined {
  const [first] = ranked;
  const own = ranked.find(([label]) => label === evidence);
  return first === undefined || (own !== undefined && own[1] >= first[1] / 2) ? evidence : first[0];
}

/** Largest first; equals by their first item, so that numbers are stable from run to run. */
function numberBySize(communities: Communities): { communityOf: Map<string, number>; communities: number } {
  const members = new Map<number, string[]>();
  for (const [item, label] of communities) members.set(label, [...members.get(label) ?? [], item]);
  const ranked = [...members].map(([label, items]) => ({ label, items: items.sort(compareText) })).sort((a, b) => b.items.length - a.items.length || compareText(a.items[0] ?? '', b.items[0] ?? ''));
  const rank = new Map(ranked.map(({ label }, i) => [label, i]));
  return { communityOf: new Map([...communities].sort(([a], [b]) => compareText(a, b)).map(([item, label]) => [item, rank.get(label) ?? 0])), communities: ranked.length };
}
