import { stageName, type Finding } from '@strangler/kernel';
import type { Engine } from '../engine.ts';
import { checkPlaces } from '../places.ts';
import type { Route } from '../match/route-table.ts';
import { stageNotation } from '../state/stage-notation.ts';
import type { RouteState } from '../state/store.ts';
import type { RouteDetail, RouteStatus, Status } from './shapes.ts';

export interface Addresses {
  readonly url: string;
  readonly adminUrl: string;
  readonly stateDirectory: string;
}

export async function statusOf(engine: Engine, addresses: Addresses): Promise<Status> {
  const { places, services, clock, state, table, counters, fences, startedAt } = engine;
  return {
    proxy: { pid: process.pid, startedAt, ...addresses },
    epoch: state.current.epoch,
    monolith: { url: places.monolith.href },
    services: Object.fromEntries([...services].map(([name, { upstream, breaker }]) => [name, { url: upstream.url.href, breaker: breaker.state(clock.now()) }])),
    routes: table.routes.map((route) => routeStatus(engine, route)),
    requests: { ...counters.totals(), unrouted: counters.route('').monolith },
    fences: fences.list(),
    findings: [...await checkPlaces(places, 500), ...forgotten(engine)],
  };
}

export function routeStatus({ state, counters, comparisons }: Engine, route: Route): RouteStatus {
  const { id, config, to, write } = route;
  const at = state.current.routes[id] ?? START;
  return {
    id, match: config.match, to, write, writes: config.writes ?? [], ...at, notation: stageNotation(at.stage), stageName: stageName(at.stage),
    configured: config.stage, drift: JSON.stringify(at.stage) !== JSON.stringify(config.stage), requests: counters.route(id), evidence: comparisons.evidence(id),
  };
}

export async function routeDetail(engine: Engine, route: Route): Promise<RouteDetail> {
  const entries = await engine.store.audit(1_000);
  return { ...routeStatus(engine, route), tally: engine.comparisons.tally(route.id), history: entries.filter(({ changes }) => changes.some((change) => change.route === route.id)) };
}

const START: RouteState = { stage: 'monolith', since: '', by: '', why: '' };

/** Routes that were moved and are no longer in the config: what matched them is the monolith's again. */
function forgotten({ state, table }: Engine): Finding[] {
  return Object.entries(state.current.routes).filter(([id, { stage }]) => stage !== 'monolith' && table.byId(id) === undefined).map(([id, { stage }]) => ({
    code: 'STR_ROUTE_FORGOTTEN', severity: 'warning', where: `routes.${id}`,
    message: `Route '${id}' stands at ${stageNotation(stage)}, but the config no longer names it: its requests go to the monolith.`, remedy: 'Put it back into the config, or roll it back first.',
  }));
}
