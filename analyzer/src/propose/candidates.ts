import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { Affinity } from '../cluster/affinity.ts';
import type { Clustering } from '../cluster/cluster.ts';
import type { Link } from '../cluster/link.ts';
import type { BoundaryDecision, EndpointPlan, Membership, Reason, ServiceCandidate } from './analysis.ts';

/** Reasons shown per context and per side of a decision. */
const SHOWN = 8;
const SHOWN_PER_SIDE = 3;
/** Below this a module's place is a decision for people. */
const UNSURE = 0.15;

/** Communities as people want to read them: with members, reasons, confidence and the nearest neighbour. */
export function serviceCandidates(model: SystemModel, clustering: Clustering, names: readonly string[], endpoints: readonly EndpointPlan[]): ServiceCandidate[] {
  const { communityOf } = clustering.chosen.placement;
  const affinity = new Affinity(clustering.links, new Map(communityOf));
  const lines = new Map(model.modules.map(({ path, lines: count }) => [path, count]));
  const inside = reasonsInside(clustering.links, communityOf);
  return names.map((name, community) => {
    const items = [...communityOf].filter(([, its]) => its === community).map(([item]) => item);
    const modules = items.filter((item) => !isTable(item)).sort(compareText);
    const members = modules.map((module) => membership(module, community, affinity, names));
    const runnerUp = leansOn(items, community, affinity, names);
    const tables = items.filter(isTable).map((item) => item.slice('table:'.length)).sort(compareText);
    const answers = [...new Set(endpoints.filter(({ context }) => context === name).map(({ id }) => id))].sort(compareText);
    return {
      name, role: tables.length + answers.length === 0 && endpoints.length > 0 ? 'library' : 'service', modules, tables, endpoints: answers,
      lines: modules.reduce((total, module) => total + (lines.get(module) ?? 0), 0),
      why: (inside.get(community) ?? []).slice(0, SHOWN).map(reasonOf),
      confidence: round(members.reduce((total, { confidence }) => total + confidence, 0) / Math.max(1, members.length)),
      ...(runnerUp === undefined ? {} : { runnerUp }), members,
    };
  });
}

/** Modules that lean almost as much on another context, least certain first, with the evidence on either side. */
export function boundaryDecisions(contexts: readonly ServiceCandidate[], clustering: Clustering): BoundaryDecision[] {
  const communities = new Map(clustering.chosen.placement.communityOf);
  const affinity = new Affinity(clustering.links, communities);
  const number = new Map(contexts.map(({ name }, i) => [name, i]));
  const side = (module: ModulePath, context: string): Reason[] => affinity.linksAt(module)
    .filter(({ a, b }) => communities.get(a === module ? b : a) === number.get(context)).slice(0, SHOWN_PER_SIDE).map(reasonOf);
  return contexts.flatMap(({ name, members }) => members.flatMap(({ module, confidence, runnerUp }) => runnerUp === undefined || confidence >= UNSURE ? []
    : [{ module, context: name, runnerUp, confidence, stays: side(module, name), moves: side(module, runnerUp) }]))
    .sort((a, b) => a.confidence - b.confidence || compareText(a.module, b.module));
}

function membership(module: ModulePath, community: number, affinity: Affinity, names: readonly string[]): Membership {
  const leaning = affinity.leaning(module);
  const own = leaning.find(([label]) => label === community)?.[1] ?? 0;
  const next = leaning.find(([label]) => label !== community);
  const other = next?.[1] ?? 0;
  const runnerUp = next === undefined ? undefined : names[next[0]];
  return { module, confidence: own + other === 0 ? 0 : round(Math.max(0, (own - other) / (own + other))), ...(runnerUp === undefined ? {} : { runnerUp }) };
}

function leansOn(items: readonly string[], community: number, affinity: Affinity, names: readonly string[]): ServiceCandidate['runnerUp'] {
  const sums = new Map<number, number>();
  for (const item of items) for (const [label, weight] of affinity.leaning(item)) if (label !== community) sums.set(label, (sums.get(label) ?? 0) + weight);
  const [first] = [...sums].sort(([x, a], [y, b]) => b - a || x - y);
  const context = first === undefined ? undefined : names[first[0]];
  if (first === undefined || context === undefined) return undefined;
  return { context, share: round(first[1] / [...sums.values()].reduce((total, weight) => total + weight, 0)) };
}

/** Links within each community, one per pair and layer, strongest first (the order of the clustering's links). */
function reasonsInside(links: readonly Link[], communityOf: ReadonlyMap<string, number>): Map<number, Link[]> {
  const found = new Map<number, Link[]>();
  const seen = new Set<string>();
  for (const link of links) {
    const community = communityOf.get(link.a);
    const key = `${link.layer} ${link.a} ${link.b}`;
    if (community === undefined || community !== communityOf.get(link.b) || seen.has(key)) continue;
    seen.add(key);
    const list = found.get(community);
    if (list === undefined) found.set(community, [link]);
    else list.push(link);
  }
  return found;
}

const reasonOf = ({ layer, a, b, says, weight, evidence }: Link): Reason => ({ layer, a: plain(a), b: plain(b), says, weight: round(weight), ...(evidence === undefined ? {} : { evidence }) });
const plain = (item: string): string => (isTable(item) ? item.slice('table:'.length) : item);
const isTable = (item: string): boolean => item.startsWith('table:');
const round = (value: number): number => Math.round(value * 100) / 100;
