import { compareText } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { moduleLabels, type Clustering, type Division } from '../cluster/cluster.ts';
import { agreement, type Labels } from '../measure/agreement.ts';
import type { Measures } from '../measure/measure.ts';
import { isProgram } from '../measure/program.ts';
import { quality } from '../measure/quality.ts';
import type { Analysis, Rival, RivalContext, ServiceCandidate, Shared } from './analysis.ts';
import { serviceCandidates } from './candidates.ts';
import { boundaryDecisions } from './decisions.ts';
import { draftConfig } from './draft.ts';
import { findHubs } from './hubs.ts';
import { nameContexts, type Nameless } from './names.ts';
import { extractionOrder } from './order.ts';
import { contextPairs } from './pairs.ts';
import { recallOf } from './recall.ts';
import { differences, keptNames } from './rivals.ts';
import { settle } from './settle.ts';
import { findStrains } from './strains.ts';
import { volumesOf } from './volumes.ts';

/** From a division of the system to a proposal: names, owners, cuts with remedies, sagas, an order, and what is still for people to decide. */
export function propose(model: SystemModel, measures: Measures, clustering: Clustering, options: Analysis['options']): Analysis {
  const volumes = volumesOf(model);
  const ground = { model, measures, volumes };
  const settled = settle(ground, clustering.chosen.placement.communityOf, namesOf(model, clustering.chosen, clustering));
  const contexts = serviceCandidates(model, clustering.links, settled);
  const { cost, cuts, endpoints, sagas, tables, where } = settled;
  return {
    model, measures, contexts, endpoints, tables, cuts, sagas, options, cost,
    shared: sharedOf(clustering, endpoints, tables),
    hubs: findHubs(model, clustering.chosen.placement.shared, tables, where),
    pairs: contextPairs(cuts, (its) => volumes.throughAny(its.flatMap(({ source, within }) => (within === undefined ? [] : [{ module: source, name: within }])))),
    strains: findStrains(settled),
    other: model.modules.filter((module) => !isProgram(module)).map(({ path, kind }) => ({ path, kind })).sort((a, b) => compareText(a.path, b.path)),
    order: extractionOrder(model, contexts, settled),
    decisions: boundaryDecisions(model, clustering.links, contexts, settled),
    rivals: clustering.rivals.map((rival) => rivalOf(ground, clustering, rival, contexts)),
    quality: quality(moduleLabels(clustering.chosen), flowsOf(model)),
    recall: recallOf(model, measures.traces),
    stability: { chosen: round(clustering.chosen.stability), resolution: clustering.chosen.resolution, sweep: clustering.sweep.map((grain) => ({ ...grain, stability: round(grain.stability) })) },
    draft: draftConfig(model, contexts, endpoints, where),
    idlePins: clustering.constraints.idle,
  };
}

function sharedOf({ chosen }: Clustering, endpoints: Analysis['endpoints'], tables: Analysis['tables']): Shared {
  return {
    modules: chosen.placement.shared.map(({ module }) => module),
    why: chosen.placement.shared,
    endpoints: [...new Set(endpoints.filter(({ context }) => context === undefined).map(({ id }) => id))].sort(compareText),
    tables: tables.filter(({ owner }) => owner === undefined).map(({ table }) => table),
  };
}

/** Names for a division; the pinned names hold in every rival too. */
function namesOf(model: SystemModel, { placement }: Division, { constraints }: Clustering, kept: ReadonlyMap<number, string> = new Map()): string[] {
  const pinned = new Map([...constraints.names].flatMap(([name, item]) => {
    const community = placement.communityOf.get(item);
    return community === undefined ? [] : [[community, name] as const];
  }));
  return nameContexts(model, membersOf({ placement }), new Map([...kept, ...pinned]));
}

function membersOf({ placement }: Pick<Division, 'placement'>): Nameless[] {
  const members = Array.from({ length: placement.communities }, () => ({ modules: [] as string[], tables: [] as string[] }));
  for (const [item, community] of placement.communityOf) {
    if (item.startsWith('table:')) members[community]?.tables.push(item.slice('table:'.length));
    else members[community]?.modules.push(item);
  }
  return members;
}

function rivalOf(ground: Parameters<typeof settle>[0], clustering: Clustering, rival: Division, contexts: readonly ServiceCandidate[]): Rival {
  const divided = membersOf(rival);
  const names = namesOf(ground.model, rival, clustering, keptNames(contexts, divided));
  const members = divided.map(({ modules, tables }, i): RivalContext => ({ name: names[i] ?? '', modules: [...modules].sort(compareText), tables: [...tables].sort(compareText) }));
  return {
    resolution: rival.resolution, contexts: rival.placement.communities, stability: round(rival.stability),
    agreement: round(agreement(moduleLabels(rival), moduleLabels(clustering.chosen)).ari),
    largest: members.map(({ name, modules }) => ({ name, modules: modules.length })).slice(0, 5),
    members, differs: differences(contexts, members), cost: settle(ground, rival.placement.communityOf, names).cost,
  };
}

/** Calls between modules, or imports where no call was seen: what the structural metrics are computed on. */
function flowsOf(model: SystemModel): { from: string; to: string; weight: number }[] {
  const flows = new Map<string, { from: string; to: string; weight: number }>();
  const add = (from: string, to: string): void => {
    const flow = flows.get(`${from}\n${to}`) ?? { from, to, weight: 0 };
    flow.weight += 1;
    flows.set(`${from}\n${to}`, flow);
  };
  for (const { from, to } of model.calls) add(from.module, to.module);
  const called: Labels = new Map([...flows.keys()].map((pair) => [pair, '']));
  for (const { from, to, kind, test } of model.imports) if (!test && kind !== 'type' && !called.has(`${from}\n${to}`)) add(from, to);
  return [...flows.values()];
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
