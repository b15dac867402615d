import { functionKey } from '../measure/traces.ts';
import type { FunctionRef, SystemModel, Traffic } from '../model/graph.ts';
import type { Volume } from './analysis.ts';
import { endpointId } from './endpoints.ts';

/** How many requests pass where: volumes of endpoints carried down the call graph. */
export interface Volumes {
  readonly ofEndpoint: (id: string) => Volume | undefined;
  /** Of the endpoints whose calls reach the function. */
  readonly through: (at: FunctionRef) => Volume | undefined;
  /** Of several functions; an endpoint that reaches two of them counts once. */
  readonly throughAny: (at: readonly FunctionRef[]) => Volume | undefined;
}

const SILENT: Volumes = { ofEndpoint: () => undefined, through: () => undefined, throughAny: () => undefined };

/** Without traces or logs nothing is known, which is not the same as nothing being called. */
export const volumesOf = (model: SystemModel): Volumes => (model.traffic === undefined ? SILENT : carried(model, model.traffic));

function carried(model: SystemModel, traffic: Traffic): Volumes {
  const volumes = new Map(traffic.endpoints.map(({ endpoint, ...volume }): [string, Volume] => [endpoint, volume]));
  const reached = reach(model, volumes);
  const sum = (ids: ReadonlySet<string>): Volume | undefined => {
    const all = [...ids].flatMap((id) => volumes.get(id) ?? []);
    if (all.length === 0) return undefined;
    const perDay = all.some((volume) => volume.perDay !== undefined) ? { perDay: round(total(all.map((volume) => volume.perDay ?? 0))) } : {};
    return { requests: total(all.map(({ requests }) => requests)), share: round(total(all.map(({ share }) => share)), 6), ...perDay };
  };
  const through = (at: readonly FunctionRef[]): Volume | undefined => sum(new Set(at.flatMap((one) => [...reached.get(functionKey(one)) ?? []])));
  return { ofEndpoint: (id) => volumes.get(id), through: (at) => through([at]), throughAny: through };
}

/** Function → endpoints with a volume whose handlers reach it. */
function reach(model: SystemModel, volumes: ReadonlyMap<string, Volume>): Map<string, Set<string>> {
  const callees = new Map<string, string[]>();
  for (const { from, to } of model.calls) {
    const list = callees.get(functionKey(from));
    if (list === undefined) callees.set(functionKey(from), [functionKey(to)]);
    else list.push(functionKey(to));
  }
  const reached = new Map<string, Set<string>>();
  for (const endpoint of model.endpoints) {
    const id = endpointId(endpoint);
    if (!volumes.has(id)) continue;
    const todo = endpoint.handlers.map(functionKey);
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      const ids = reached.get(at) ?? new Set<string>();
      if (ids.has(id)) continue;
      reached.set(at, ids.add(id));
      todo.push(...callees.get(at) ?? []);
    }
  }
  return reached;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const round = (value: number, digits = 1): number => Math.round(value * 10 ** digits) / 10 ** digits;
