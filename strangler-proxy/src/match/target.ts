/** A request whose head we are ready to forward: `url` goes out byte for byte, `path` is what routes are matched on. */
export interface Target {
  readonly url: string;
  readonly path: string;
}

export interface Refusal {
  readonly status: 400 | 501 | 508;
  readonly refused: string;
}

/** A request's head as Node has parsed it. */
export interface Head {
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/**
 * Reads a request's target and framing (RFC 9112 §3.2, §6.1). Matching and forwarding see the same bytes, so what two programs may read
 * differently is refused: another authority in absolute-form, `//` that reads as an authority and is none, `\\`, `#`, control characters, several Host fields or one that names no host,
 * transfer codings besides chunked.
 */
export function readTarget({ url = '', httpVersion, rawHeaders }: Head): Target | Refusal {
  const hosts = fieldValues(rawHeaders, 'host');
  const refused = badHost(hosts, httpVersion) ?? badCoding(fieldValues(rawHeaders, 'transfer-encoding'), httpVersion) ?? loop(fieldValues(rawHeaders, 'via'));
  if (refused !== undefined) return refused;
  if (AMBIGUOUS.test(url)) return refuse('The request target contains a backslash, a #, a space or a control character.');
  if (url.startsWith('//') && !URL.canParse(url, 'http://any')) return refuse('The request target begins with //, and what follows is no name.');
  return url.startsWith('/') ? target(url) : absolute(url, hosts[0] ?? '');
}

/** HTTP/1.0 knows no Host, and health checks of balancers speak it. */
function badHost(hosts: readonly string[], httpVersion: string): Refusal | undefined {
  const [host] = hosts;
  if (host === undefined) return httpVersion === '1.0' ? undefined : refuse('The request has no Host field.');
  if (hosts.length > 1) return refuse('The request has several Host fields.');
  return HOST.test(host) ? undefined : refuse('The Host field names no host.');
}

/** uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2.2). */
const HOST = /^(\[[0-9a-f:.]+\]|[\w.~!$&'()*+;=%-]*)(:\d*)?$/i;

function badCoding(codings: readonly string[], httpVersion: string): Refusal | undefined {
  if (codings.length > 0 && httpVersion === '1.0') return refuse('HTTP/1.0 has no Transfer-Encoding.');
  return codings.every((coding) => coding.trim().toLowerCase() === 'chunked') ? undefined : { status: 501, refused: 'The only transfer coding understood here is chunked.' };
}

/** An upstream's address that leads back here makes every request the first of hundreds. */
const MAX_HOPS = 8;

function loop(via: readonly string[]): Refusal | undefined {
  const hops = via.flatMap((value) => value.split(',')).filter((hop) => hop.trim().endsWith(' strangler')).length;
  return hops < MAX_HOPS ? undefined : { status: 508, refused: 'The request has come through here several times: an upstream address leads back to the proxy.' };
}

const AMBIGUOUS = /[\u0000-\u0020\u007f\\#]/;

/** Absolute-form is as good as a path when it names the authority that Host names; otherwise somebody would be misled. */
function absolute(url: string, host: string): Target | Refusal {
  const parts = /^https?:\/\/([^/?]*)(.*)$/i.exec(url);
  if (parts === null) return refuse('The request target is neither a path nor an absolute URL.');
  const [, authority = '', rest = ''] = parts;
  if (authority.toLowerCase() !== host.toLowerCase()) return refuse(`The request target names another authority (${authority}).`);
  return target(rest.startsWith('/') ? rest : `/${rest}`);
}

export function target(url: string): Target {
  const query = url.indexOf('?');
  return { url, path: query === -1 ? url : url.slice(0, query) };
}

const refuse = (refused: string): Refusal => ({ status: 400, refused });

/** The values of one field, in order, from Node's flat list of raw names and values. */
function fieldValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) if (rawHeaders[i]?.length === name.length && rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  return values;
}
