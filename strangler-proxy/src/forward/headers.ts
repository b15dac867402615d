import { randomUUID } from 'node:crypto';

/** Names and values as they go out; several values are several lines. */
export type OutgoingHeaders = Record<string, string | string[]>;

export interface Sender {
  /** The peer of our socket. */
  readonly peer: string;
  /** Whether that peer is a proxy of ours, whose X-Forwarded-For may be believed. */
  readonly trusted: boolean;
  readonly secure: boolean;
  readonly httpVersion: string;
  readonly port: number | undefined;
}

/** Fields that belong to one connection (RFC 9110 §7.6.1), and the credentials meant for a proxy (§11.7). */
const HOP_BY_HOP = new Set(['connection', 'proxy-connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade', 'trailer', 'proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info']);

/** Set by us alone. `expect` is gone because Node has already answered 100 Continue on our behalf. */
const OURS = new Set(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-real-ip', 'expect']);

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** RFC 9110 §7.6.3: the version in which the message came to us, and a name that does not tell our address. */
const via = (httpVersion: string): string => `${httpVersion} strangler`;

/**
 * The fields of the request we send, from the raw fields of the one we got: end-to-end fields unchanged and in order, Host preserved (the
 * monolith builds links and cookies from it), hop-by-hop fields gone, Via and X-Forwarded-* added by us, a W3C traceparent passed on or begun.
 */
export function forwardedHeaders(rawHeaders: readonly string[], sender: Sender): OutgoingHeaders {
  const claimed: OutgoingHeaders = {};
  const headers: OutgoingHeaders = {};
  eachEndToEnd(rawHeaders, (name, value) => {
    append(OURS.has(name) || name.startsWith('x-strangler-') ? claimed : headers, name, value);
  });
  append(headers, 'via', via(sender.httpVersion));
  setForwarded(headers, sender, sender.trusted ? claimed : {});
  const trace = headers['traceparent'];
  if (typeof trace !== 'string' || !TRACEPARENT.test(trace)) headers['traceparent'] = newTraceparent();
  return headers;
}

/** Counts a hop off Max-Forwards, which only OPTIONS and TRACE know (RFC 9110 §7.6.2). Its end is reached before anything is forwarded. */
export function countHop(headers: OutgoingHeaders, method: string | undefined): void {
  const left = headers['max-forwards'];
  if (typeof left === 'string' && /^\d{1,9}$/.test(left) && (method === 'OPTIONS' || method === 'TRACE')) headers['max-forwards'] = String(Number(left) - 1);
}

/** What a client claims about itself counts only when a proxy of ours has written it. */
function setForwarded(headers: OutgoingHeaders, { peer, secure, port }: Sender, claimed: OutgoingHeaders): void {
  const chain = claimed['x-forwarded-for'];
  headers['x-forwarded-for'] = chain === undefined ? peer : [chain, peer].flat().join(', ');
  headers['x-forwarded-proto'] = claimed['x-forwarded-proto'] ?? (secure ? 'https' : 'http');
  const host = claimed['x-forwarded-host'] ?? headers['host'];
  if (host !== undefined) headers['x-forwarded-host'] = host;
  const at = claimed['x-forwarded-port'] ?? (port === undefined ? undefined : String(port));
  if (at !== undefined) headers['x-forwarded-port'] = at;
}

/** The client's address: the peer, or the last entry of the chain that a proxy of ours has written. */
export function clientAddress(rawHeaders: readonly string[], peer: string, trusted: (address: string) => boolean): string {
  if (!trusted(peer)) return peer;
  const chain = pairs(rawHeaders).filter(([name]) => name.toLowerCase() === 'x-forwarded-for').flatMap(([, value]) => value.split(',')).map((part) => part.trim()).filter((part) => part !== '');
  return chain.findLast((address) => !trusted(address)) ?? chain[0] ?? peer;
}

/** The fields of the answer we send: `[name, value, name, value …]`, spelled and ordered as the upstream sent them. */
export function answerHeaders({ rawHeaders, httpVersion }: { readonly rawHeaders: readonly string[]; readonly httpVersion: string }, status: number, servedBy: string): string[] {
  const bodyless = status === 204 || status < 200;
  const kept: string[] = [];
  eachEndToEnd(rawHeaders, (name, value, spelled) => {
    if ((name !== 'content-length' || !bodyless) && !name.startsWith('x-strangler-')) kept.push(spelled, value);
  });
  kept.push('via', via(httpVersion), 'x-strangler-served-by', servedBy);
  return kept;
}

/** One pass without a copy: this runs twice per request. */
function eachEndToEnd(rawHeaders: readonly string[], visit: (name: string, value: string, spelled: string) => void): void {
  const named = connectionOptions(rawHeaders);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const spelled = rawHeaders[i] ?? '';
    const name = spelled.toLowerCase();
    if (!HOP_BY_HOP.has(name) && !named.has(name)) visit(name, rawHeaders[i + 1] ?? '', spelled);
  }
}

function append(headers: OutgoingHeaders, name: string, value: string): void {
  const known = headers[name];
  headers[name] = known === undefined || !Object.hasOwn(headers, name) ? value : [...(Array.isArray(known) ? known : [known]), value];
}

/** The field names a sender lists in Connection: they end here, too. A name that the message cannot do without is not one of them. */
function connectionOptions(rawHeaders: readonly string[]): ReadonlySet<string> {
  let named = NO_OPTIONS;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] ?? '';
    if (rawHeaders[i]?.length !== 'connection'.length || rawHeaders[i]?.toLowerCase() !== 'connection' || value === 'keep-alive' || value === 'close') continue;
    named = named.union(new Set(value.split(',').map((token) => token.trim().toLowerCase()).filter((name) => !NEVER_AN_OPTION.has(name))));
  }
  return named;
}

const NO_OPTIONS: ReadonlySet<string> = new Set();

/** RFC 9110 §7.6.1 forbids listing end-to-end fields; a client could use it to strip these from what the upstream sees. */
const NEVER_AN_OPTION = new Set(['host', 'content-length', 'content-type', 'content-encoding', 'authorization', 'cookie', 'cache-control']);

function pairs(rawHeaders: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) found.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return found;
}

/** W3C Trace Context level 1. UUIDs come from Node's pooled random source, a twentieth of the price of randomBytes. */
function newTraceparent(): string {
  return `00-${randomUUID().replaceAll('-', '')}-${randomUUID().replaceAll('-', '').slice(0, 16)}-01`;
}
