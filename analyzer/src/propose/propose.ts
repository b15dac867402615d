import { compareText } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { moduleLabels, type Clustering } from '../cluster/cluster.ts';
import type { Measures } from '../measure/measure.ts';
import { isProgram } from '../measure/program.ts';
import { quality } from '../measure/quality.ts';
import type { Analysis, Shared } from './analysis.ts';
import { serviceCandidates } from './candidates.ts';
import { boundaryDecisions } from './decisions.ts';
import { draftConfig } from './draft.ts';
import { findHubs } from './hubs.ts';
import { flowsOf } from './flows.ts';
import { namesOf, vocabularyOf } from './names.ts';
import { extractionOrder } from './order.ts';
import { contextPairs } from './pairs.ts';
import { recallOf } from './recall.ts';
import { rivalsOf } from './rivals.ts';
import { settle, type Ground } from './settle.ts';
import { findStrains } from './strains.ts';
import { volumesOf } from './volumes.ts';

/** From a division of the system to a proposal: names, owners, cuts with remedies, sagas, an order, and what is still for people to decide. */
export function propose(model: SystemModel, measures: Measures, clustering: Clustering, options: Analysis['options']): Analysis {
  const volumes = volumesOf(model);
  const vocabulary = vocabularyOf(model);
  const ground: Ground = { model, measures, volumes };
  const settled = settle(ground, clustering.chosen.placement.communityOf, namesOf(vocabulary, clustering.chosen.placement, clustering.constraints));
  const contexts = serviceCandidates(model, clustering.links, settled);
  const { cost, cuts, endpoints, sagas, tables, where } = settled;
  const pairs = contextPairs(cuts, (its) => volumes.throughAny(its.flatMap(({ source, within }) => (within === undefined ? [] : [{ module: source, name: within }]))));
  return {
    model, measures, contexts, endpoints, tables, cuts, sagas, options, cost,
    shared: sharedOf(clustering, endpoints, tables),
    hubs: findHubs(model, clustering.chosen.placement.shared, tables, where),
    pairs,
    strains: findStrains(settled),
    other: model.modules.filter((module) => !isProgram(module)).map(({ path, kind }) => ({ path, kind })).sort((a, b) => compareText(a.path, b.path)),
    order: extractionOrder(model, contexts, settled),
    decisions: boundaryDecisions(model, clustering.links, contexts, settled),
    rivals: rivalsOf({ ground, vocabulary, clustering, contexts, pairs }),
    quality: quality(moduleLabels(clustering.chosen), flowsOf(model)),
    recall: recallOf(model, measures.traces),
    stability: { chosen: round(clustering.chosen.stability), resolution: clustering.chosen.resolution, sweep: clustering.sweep.map((grain) => ({ ...grain, stability: round(grain.stability) })) },
    draft: draftConfig({ model, contexts, endpoints, tables }),
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

const round = (value: number): number => Math.round(value * 1000) / 1000;
