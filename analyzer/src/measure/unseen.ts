import type { SystemModel, Unresolved } from '../model/graph.ts';
import type { EndpointTrace } from './traces.ts';

/** What traces saw a request do to a table and reading the source did not find: each is a call or a query that could not be followed. In the order of the traffic. */
export function unseenAccesses({ traffic }: Pick<SystemModel, 'traffic'>, traces: readonly EndpointTrace[]): Unresolved[] {
  if (traffic === undefined) return [];
  const byId = new Map(traces.map((trace) => [`${trace.endpoint.method} ${trace.endpoint.path}`, trace]));
  return traffic.accesses.flatMap(({ endpoint, table, mode, times }): Unresolved[] => {
    const trace = byId.get(endpoint);
    if (trace === undefined || (mode === 'read' ? trace.reads : trace.writes).includes(table)) return [];
    return [{ kind: 'traffic', what: `${endpoint} ${mode}s ${table}`, why: `traces saw it ${times === 1 ? 'once' : `${String(times)} times`}, and the source was not read so: a call or a query on the way could not be followed`, evidence: trace.endpoint.evidence }];
  });
}
