import type { IncomingMessage } from 'node:http';
import type { Stage } from '@strangler/kernel';
import { callerOf } from './decide/caller.ts';
import { decide, UNROUTED, type Decision } from './decide/decide.ts';
import type { Engine } from './engine.ts';
import { clientAddress, countHop, forwardedHeaders, type OutgoingHeaders } from './forward/headers.ts';
import type { Route } from './match/route-table.ts';

/** Whether a peer is a proxy of ours, whose X-Forwarded-For may be believed. */
export type Trusts = (address: string) => boolean;

/** A request about to be forwarded: everything that was decided about it, from one look at the state. */
export interface Prepared {
  readonly route: Route | undefined;
  readonly stage: Stage;
  readonly decision: Decision;
  /** As they go out. */
  readonly headers: OutgoingHeaders;
}

/** Methods whose bodies Node's client would write without framing, unless told how. */
const UNFRAMED = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/** Decides, and puts the outgoing request's head in place of the incoming one: http-proxy-middleware sends what `req` says. */
export function prepare(engine: Engine, trusts: Trusts, req: IncomingMessage, route: Route | undefined): Prepared {
  const stage = route === undefined ? 'monolith' : engine.state.current.routes[route.id]?.stage ?? 'monolith';
  const decision = decideFor(engine, trusts, req, route, stage);
  const peer = peerOf(req);
  const headers = forwardedHeaders(req.rawHeaders, { peer, trusted: trusts(peer), secure: 'encrypted' in req.socket, httpVersion: req.httpVersion, port: req.socket.localPort });
  if (req.headers['transfer-encoding'] !== undefined && UNFRAMED.has(req.method ?? '')) headers['transfer-encoding'] = 'chunked';
  countHop(headers, req.method);
  req.headers = headers;
  return { route, stage, decision, headers };
}

function decideFor(engine: Engine, trusts: Trusts, req: IncomingMessage, route: Route | undefined, stage: Stage): Decision {
  if (route === undefined) return UNROUTED;
  const caller = typeof stage === 'object' && 'canary' in stage
    ? callerOf(stage.canary.stickyBy, { headers: req.headers, address: clientAddress(req.rawHeaders, peerOf(req), trusts) }) : '';
  return decide({ salt: route.write ? `writes of ${route.to}` : route.id, stage, write: route.write, caller, dice: engine.dice(), canarySample: engine.limits.canarySample });
}

const peerOf = (req: IncomingMessage): string => req.socket.remoteAddress ?? 'unknown';
