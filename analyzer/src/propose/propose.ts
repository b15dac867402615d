import { compareText } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { moduleLabels, type Clustering, type Division } from '../cluster/cluster.ts';
import { agreement, type Labels } from '../measure/agreement.ts';
import type { Measures } from '../measure/measure.ts';
import { isProgram } from '../measure/program.ts';
import { quality } from '../measure/quality.ts';
import type { Analysis, Rival, Shared } from './analysis.ts';
import { boundaryDecisions, serviceCandidates } from './candidates.ts';
import { findCuts } from './cuts.ts';
import { draftConfig } from './draft.ts';
import { planEndpoints } from './endpoints.ts';
import { nameContexts, type Nameless } from './names.ts';
import { extractionOrder } from './order.ts';
import { recallOf } from './recall.ts';
import { planSagas } from './sagas.ts';
import { planTables } from './tables.ts';
import { territory } from './territory.ts';

/** From a division of the system to a proposal: names, owners, cuts with remedies, sagas, an order, and what is still for people to decide. */
export function propose(model: SystemModel, measures: Measures, clustering: Clustering, options: Analysis['options']): Analysis {
  const { placement } = clustering.chosen;
  const names = namesOf(model, clustering.chosen, clustering);
  const where = territory(placement.communityOf, names);
  const endpoints = planEndpoints(measures.traces, where);
  const contexts = serviceCandidates(model, clustering, names, endpoints);
  const tables = planTables(model, measures.tables.map(({ table }) => table), where);
  const sagas = planSagas(model, endpoints, where);
  const cuts = findCuts(model, tables, sagas, where);
  return {
    model, measures, contexts, endpoints, tables, cuts, sagas, options,
    shared: sharedOf(clustering, endpoints, tables),
    other: model.modules.filter((module) => !isProgram(module)).map(({ path, kind }) => ({ path, kind })).sort((a, b) => compareText(a.path, b.path)),
    order: extractionOrder(model, contexts, tables, cuts),
    decisions: boundaryDecisions(contexts, clustering),
    rivals: clustering.rivals.map((rival) => rivalOf(model, clustering, rival)),
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
function namesOf(model: SystemModel, { placement }: Division, { constraints }: Clustering): string[] {
  const pinned = new Map([...constraints.names].flatMap(([name, item]) => {
    const community = placement.communityOf.get(item);
    return community === undefined ? [] : [[community, name] as const];
  }));
  return nameContexts(model, membersOf({ placement }), pinned);
}

function membersOf({ placement }: Pick<Division, 'placement'>): Nameless[] {
  const members = Array.from({ length: placement.communities }, () => ({ modules: [] as string[], tables: [] as string[] }));
  for (const [item, community] of placement.communityOf) {
    if (item.startsWith('table:')) members[community]?.tables.push(item.slice('table:'.length));
    else members[community]?.modules.push(item);
  }
  return members;
}

function rivalOf(model: SystemModel, clustering: Clustering, rival: Division): Rival {
  const names = namesOf(model, rival, clustering);
  return {
    resolution: rival.resolution, contexts: rival.placement.communities, stability: round(rival.stability),
    agreement: round(agreement(moduleLabels(rival), moduleLabels(clustering.chosen)).ari),
    largest: membersOf(rival).map(({ modules }, i) => ({ name: names[i] ?? '', modules: modules.length })).slice(0, 5),
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
