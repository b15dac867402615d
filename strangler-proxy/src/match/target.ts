/** A request whose head we are ready to forward: `url` goes out byte for byte, `path` is what routes are matched on. */
export interface Target {
  readonly url: string;
  readonly path: string;
}

export interface Refusal {
  readonly status: 400 | 501;
  readonly refused: string;
}

/**
 * Reads a request's target and framing (RFC 9112 §3.2, §6.1). Matching and forwarding see the same bytes, so what two programs may read
 * differently is refused: another authority in absolute-form, `\\`, `#`, control characters, several Host fields, transfer codings besides chunked.
 */
export function readTarget(url: string, rawHeaders: readonly string[]): Target | Refusal {
  const hosts = fieldValues(rawHeaders, 'host');
  if (hosts.length !== 1) return refuse(hosts.length === 0 ? 'The request has no Host field.' : 'The request has several Host fields.');
  if (fieldValues(rawHeaders, 'transfer-encoding').some((coding) => coding.trim().toLowerCase() !== 'chunked')) return { status: 501, refused: 'The only transfer coding understood here is chunked.' };
  if (AMBIGUOUS.test(url)) return refuse('The request target contains a backslash, a #, a space or a control character.');
  return url.startsWith('/') ? target(url) : absolute(url, hosts[0] ?? '');
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
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.length === name.length && rawHeaders[index - 1]?.toLowerCase() === name);
}
