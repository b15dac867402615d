import type { IncomingMessage } from 'node:http';
import type { Setting } from '@strangler/kernel';
import type { Engine, ServiceEnd } from './engine.ts';
import { hasBody, isRepeatable, type Destination, type Order } from './forward/forward.ts';
import type { Tap } from './forward/upstream.ts';
import type { Route } from './match/route-table.ts';
import type { Prepared } from './prepare.ts';
import type { Mirroring, MirrorOrder } from './shadow/mirror.ts';

/** What a decision means for forwarding: where to, and where else if that fails. */
export function orderOf(engine: Engine, req: IncomingMessage, { route, stage, decision }: Prepared, mirroring: Mirroring | undefined): Order {
  const monolith: Destination = { side: 'monolith', upstream: engine.monolith };
  const common = { now: () => engine.clock.now(), tap: tapOf(req, mirroring) };
  if (route === undefined || decision.serve === 'monolith') return { to: monolith, ...common };
  const { upstream, breaker } = serviceOf(engine, route);
  // A retired route has no code in the monolith any more; a write has one owner; the rest is the config's choice.
  const mayFallBack = !route.write && stage !== 'retired' && route.config.onFailure !== 'fail' && isRepeatable(req);
  return { to: { side: 'service', upstream }, ...common, ...(mayFallBack ? { fallback: monolith, breaker } : {}) };
}

function tapOf(req: IncomingMessage, mirroring: Mirroring | undefined): Tap {
  if (mirroring === undefined) return {};
  const answer = (message: IncomingMessage): void => { mirroring.capture.answer(message); };
  return hasBody(req) ? { answer, request: (message) => { mirroring.capture.request(message); } } : { answer };
}

/** What a decision means for comparing: who else is asked. `undefined`: nobody. */
export function mirrorOrderOf(engine: Engine, { route, stage, decision: { mirror } }: Prepared): MirrorOrder | undefined {
  if (route === undefined || mirror === 'nobody') return undefined;
  const { monolith } = engine.places;
  const service = serviceOf(engine, route).upstream.url;
  if (mirror === 'monolith') return { routeId: route.id, served: 'candidate', other: monolith, again: { control: monolith, candidate: service } };
  if (mirror === 'service') return { routeId: route.id, served: 'control', other: service, again: { control: monolith, candidate: service } };
  const sandbox = typeof stage === 'object' && 'shadow' in stage ? stage.shadow.sandbox : undefined;
  if (sandbox === undefined) return undefined;
  const candidate = sandboxAt(engine, route, sandbox);
  return candidate === undefined ? undefined : { routeId: route.id, served: 'control', other: candidate, ...(route.write ? {} : { again: { control: monolith, candidate } }) };
}

/** A setting that has gone since the stage was entered costs comparisons, and no request. */
function sandboxAt({ places, comparisons }: Engine, { id }: Route, setting: Setting): URL | undefined {
  try {
    return places.sandbox(setting);
  } catch {
    comparisons.skip(id, 'no sandbox');
    return undefined;
  }
}

export function serviceOf(engine: Engine, route: Route): ServiceEnd {
  const service = engine.services.get(route.to);
  if (service === undefined) throw new Error(`route ${route.id} leads to an unknown service ${route.to}`);
  return service;
}
