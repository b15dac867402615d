import type { SystemModel } from '../model/graph.ts';
import type { EndpointTrace } from '../measure/traces.ts';
import type { Recall, Share } from './analysis.ts';

/** What share of the imports, calls, queries and endpoints that were seen could be resolved. */
export function recallOf(model: SystemModel, traces: readonly EndpointTrace[]): Recall {
  const share = (resolved: number, kind: 'import' | 'call' | 'query' | 'endpoint'): Share => ({ resolved, total: resolved + model.unresolved.filter((gap) => gap.kind === kind).length });
  return {
    imports: share(model.imports.length, 'import'),
    calls: share(model.calls.length, 'call'),
    queries: share(new Set(model.accesses.map(({ evidence: { file, line } }) => `${file}:${String(line)}`)).size, 'query'),
    endpoints: share(model.endpoints.length, 'endpoint'),
    traced: { resolved: traces.filter(({ steps }) => steps.length > 0).length, total: traces.length },
  };
}
