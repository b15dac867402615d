import type { SystemModel } from '../model/graph.ts';
import type { EndpointTrace } from '../measure/traces.ts';
import type { Recall, Share } from './analysis.ts';

/** What share of the imports, calls, queries and endpoints that were seen could be resolved. */
export function recallOf(model: SystemModel, traces: readonly EndpointTrace[]): Recall {
  const share = (resolved: number, kind: 'import' | 'call' | 'query' | 'endpoint'): Share => ({ resolved, total: resolved + model.unresolved.filter((gap) => gap.kind === kind).length });
  return {
    imports: share(model.imports.length, 'import'),
    calls: share(model.calls.length, 'call'),
    // A fragment of a statement tells a table; it is no query that was understood.
    queries: share(new Set(model.accesses.filter(({ fragment }) => fragment !== true).map(({ evidence: { file, line } }) => `${file}:${String(line)}`)).size, 'query'),
    endpoints: share(model.endpoints.length, 'endpoint'),
    traced: { resolved: traces.filter(({ steps }) => steps.length > 0).length, total: traces.length },
  };
}
