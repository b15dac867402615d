import { compareText } from '../model/evidence.ts';
import type { EndpointFact } from '../model/graph.ts';
import type { EndpointTrace } from '../measure/traces.ts';
import type { EndpointPlan, Volume } from './analysis.ts';
import { complexities } from './complexity.ts';
import type { Territory } from './territory.ts';

export const endpointId = ({ method, path }: Pick<EndpointFact, 'method' | 'path'>): string => `${method} ${path}`;

/** Gives each endpoint its context: the owner of most tables it writes; without writes, its handler's context; failing that, the owner of most tables it reads. */
export function planEndpoints(traces: readonly EndpointTrace[], where: Territory, volumeOf: (id: string) => Volume | undefined): EndpointPlan[] {
  const complexity = complexities(traces, where);
  return traces.map((trace, i) => {
    const id = endpointId(trace.endpoint);
    const volume = volumeOf(id);
    return { id, context: homeOf(trace, where), trace, complexity: complexity[i] ?? 0, ...(volume === undefined ? {} : { volume }) };
  });
}

function homeOf({ endpoint, reads, writes, modules }: EndpointTrace, where: Territory): string | undefined {
  const handler = where.ofModule(endpoint.handlers.at(-1)?.module ?? endpoint.module) ?? where.ofModule(endpoint.module);
  const ofMost = (tables: readonly string[]): string | undefined => mostCommon(tables.map(where.ofTable), handler);
  return ofMost(writes) ?? handler ?? ofMost(reads) ?? mostCommon(modules.map(where.ofModule), undefined);
}

/** The most frequent name; among equals the favourite, else the first by name. */
function mostCommon(names: readonly (string | undefined)[], favourite: string | undefined): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || Number(b === favourite) - Number(a === favourite) || compareText(a, b))[0]?.[0];
}
