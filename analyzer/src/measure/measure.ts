import type { SystemModel } from '../model/graph.ts';
import { coupling, type Coupling } from './coupling.ts';
import { importCycles, type Cycle } from './cycles.ts';
import { dataCoupling, type TableUse } from './data-coupling.ts';
import { findHubs, type Hub } from './hubs.ts';
import { findPrograms, type Programs } from './programs.ts';
import { traceEndpoints, type EndpointTrace } from './traces.ts';

/** What can be said of a system before anybody proposes a cut. */
export interface Measures {
  readonly coupling: readonly Coupling[];
  readonly cycles: readonly Cycle[];
  readonly tables: readonly TableUse[];
  readonly traces: readonly EndpointTrace[];
  readonly hubs: readonly Hub[];
  readonly programs: Programs;
}

/** All measures of a model; a pure function of it. */
export const measure = (model: SystemModel): Measures => ({
  coupling: coupling(model),
  cycles: importCycles(model),
  tables: dataCoupling(model),
  traces: traceEndpoints(model),
  hubs: findHubs(model),
  programs: findPrograms(model),
});
