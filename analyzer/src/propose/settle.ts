import type { SystemModel } from '../model/graph.ts';
import type { Measures } from '../measure/measure.ts';
import type { Cut, DivisionCost, EndpointPlan, Saga, TablePlan } from './analysis.ts';
import { localTransactions } from './complexity.ts';
import { costOf, findCuts } from './cuts.ts';
import { planEndpoints } from './endpoints.ts';
import { planSagas } from './sagas.ts';
import { planTables } from './tables.ts';
import { territory, type Territory } from './territory.ts';
import type { Volumes } from './volumes.ts';

/** A division with what follows from it, whoever drew it: the proposal, a rival, somebody's what-if. */
export interface Settled {
  /** Module path or `table:NAME` → community. */
  readonly communityOf: ReadonlyMap<string, number>;
  /** By community. */
  readonly names: readonly string[];
  readonly where: Territory;
  readonly endpoints: readonly EndpointPlan[];
  readonly tables: readonly TablePlan[];
  readonly sagas: readonly Saga[];
  readonly cuts: readonly Cut[];
  readonly cost: DivisionCost;
}

/** What a division is judged on. */
export interface Ground {
  readonly model: SystemModel;
  readonly measures: Measures;
  readonly volumes: Volumes;
}

/** Plans endpoints, tables, sagas and cuts of a division. A pure function: nothing is clustered again. */
export function settle({ model, measures, volumes }: Ground, communityOf: ReadonlyMap<string, number>, names: readonly string[]): Settled {
  const where = territory(communityOf, names);
  const endpoints = planEndpoints(measures.traces, where, volumes.ofEndpoint);
  const tables = planTables(model, measures.tables.map(({ table }) => table), endpoints, where);
  const sagas = planSagas(model, endpoints, where, volumes);
  const cuts = findCuts(model, tables, sagas, where).map((cut) => withVolume(cut, volumes));
  return { communityOf, names, where, endpoints, tables, sagas, cuts, cost: costOfDivision(endpoints, sagas, cuts, where) };
}

function withVolume(cut: Cut, volumes: Volumes): Cut {
  const volume = cut.within === undefined ? undefined : volumes.through({ module: cut.source, name: cut.within });
  return volume === undefined ? cut : { ...cut, volume };
}

function costOfDivision(endpoints: readonly EndpointPlan[], sagas: readonly Saga[], cuts: readonly Cut[], where: Territory): DivisionCost {
  return {
    cuts: cuts.length, cost: Math.round(costOf(cuts) * 100) / 100, transactions: sagas.length,
    complexity: endpoints.reduce((total, { complexity }) => total + complexity, 0),
    distributed: endpoints.filter(({ trace }) => localTransactions(trace.steps, where).length > 1).length,
  };
}
