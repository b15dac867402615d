import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { Affinity } from '../cluster/affinity.ts';
import type { Link } from '../cluster/link.ts';
import type { Membership, ServiceCandidate } from './analysis.ts';
import { authorsBy } from './authors.ts';
import { flipOf } from './flip.ts';
import { isTable, reasonOf } from './reasons.ts';
import type { Settled } from './settle.ts';

/** Reasons shown per context. */
const SHOWN = 8;

interface Ground {
  readonly affinity: Affinity;
  readonly communityOf: ReadonlyMap<string, number>;
  readonly names: readonly string[];
}

/** Communities as people want to read them: with members, reasons, confidence and the nearest neighbour. */
export function serviceCandidates(model: SystemModel, links: readonly Link[], { communityOf, names, endpoints }: Pick<Settled, 'communityOf' | 'names' | 'endpoints'>): ServiceCandidate[] {
  const affinity = new Affinity(links, new Map(communityOf));
  const ground: Ground = { affinity, communityOf, names };
  const authorsOf = authorsBy(model);
  const lines = new Map(model.modules.map(({ path, lines: count }) => [path, count]));
  const inside = reasonsInside(links, communityOf);
  const itemsOf = membersBy(communityOf, names.length);
  const answersOf = Map.groupBy(endpoints, ({ context }) => context);
  return names.map((name, community) => {
    const items = itemsOf[community] ?? [];
    const modules = items.filter((item) => !isTable(item)).sort(compareText);
    const members = modules.map((module) => membership(module, community, ground));
    const runnerUp = leansOn(items, community, affinity, names);
    const tables = items.filter(isTable).map((item) => item.slice('table:'.length)).sort(compareText);
    const answers = [...new Set((answersOf.get(name) ?? []).map(({ id }) => id))].sort(compareText);
    return {
      name, role: tables.length + answers.length === 0 && endpoints.length > 0 ? 'library' : 'service', modules, tables, endpoints: answers,
      lines: modules.reduce((total, module) => total + (lines.get(module) ?? 0), 0),
      why: (inside.get(community) ?? []).map(reasonOf),
      confidence: round(members.reduce((total, { confidence }) => total + confidence, 0) / Math.max(1, members.length)),
      ...(runnerUp === undefined ? {} : { runnerUp }), members, authors: authorsOf(modules),
    };
  });
}

function membership(module: ModulePath, community: number, { affinity, communityOf, names }: Ground): Membership {
  const leaning = affinity.leaning(module);
  const own = leaning.find(([label]) => label === community)?.[1] ?? 0;
  const next = leaning.find(([label]) => label !== community);
  const runnerUp = next === undefined ? undefined : names[next[0]];
  if (next === undefined || runnerUp === undefined) return { module, confidence: own === 0 ? 0 : 1 };
  const into = (label: number): Link[] => affinity.linksAt(module).filter(({ a, b }) => communityOf.get(a === module ? b : a) === label);
  const flip = flipOf(module, { own: { name: names[community] ?? '', weight: own, links: into(community) }, other: { name: runnerUp, weight: next[1], links: into(next[0]) } });
  return { module, confidence: round(Math.max(0, (own - next[1]) / (own + next[1]))), runnerUp, flip };
}

function leansOn(items: readonly string[], community: number, affinity: Affinity, names: readonly string[]): ServiceCandidate['runnerUp'] {
  const sums = new Map<number, number>();
  for (const item of items) for (const [label, weight] of affinity.leaning(item)) if (label !== community) sums.set(label, (sums.get(label) ?? 0) + weight);
  const [first] = [...sums].sort(([x, a], [y, b]) => b - a || x - y);
  const context = first === undefined ? undefined : names[first[0]];
  if (first === undefined || context === undefined) return undefined;
  return { context, share: round(first[1] / [...sums.values()].reduce((total, weight) => total + weight, 0)) };
}

function membersBy(communityOf: ReadonlyMap<string, number>, communities: number): string[][] {
  const members = Array.from({ length: communities }, (): string[] => []);
  for (const [item, community] of communityOf) members[community]?.push(item);
  return members;
}

/** The strongest links within each community, one per pair and layer (the clustering's links come strongest first). */
function reasonsInside(links: readonly Link[], communityOf: ReadonlyMap<string, number>): Map<number, Link[]> {
  const found = new Map<number, Link[]>();
  for (const link of links) {
    const community = communityOf.get(link.a);
    if (community === undefined || community !== communityOf.get(link.b)) continue;
    const list = found.get(community) ?? [];
    if (list.length >= SHOWN || list.some(({ a, b, layer }) => a === link.a && b === link.b && layer === link.layer)) continue;
    found.set(community, [...list, link]);
  }
  return found;
}

const round = (value: number): number => Math.round(value * 100) / 100;
