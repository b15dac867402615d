/** A request target we are ready to forward: `url` goes out byte for byte, `path` is what routes are matched on. */
export interface Target {
  readonly url: string;
  readonly path: string;
}

export interface TargetRefusal { readonly refused: string }

/**
 * Reads a request target (RFC 9112 §3.2). Matching and forwarding see the same bytes, so what two programs may read differently is refused:
 * another authority in absolute-form, `\`, `#`, control characters. Several or no Host fields are refused too (RFC 9112 §3.2: 400).
 */
export function readTarget(url: string, hosts: readonly string[]): Target | TargetRefusal {
  if (hosts.length !== 1) return { refused: hosts.length === 0 ? 'The request has no Host field.' : 'The request has several Host fields.' };
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must not pass
  if (/[\u0000-\u0020\u007f\\#]/.test(url)) return { refused: 'The request target contains a backslash, a #, a space or a control character.' };
  if (url.startsWith('/')) return target(url);
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(url);
  if (absolute === null) return { refused: 'The request target is neither a path nor an absolute URL.' };
  const [, authority = '', rest = ''] = absolute;
  if (authority.toLowerCase() !== hosts[0]?.toLowerCase()) return { refused: `The request target names another authority (${authority}).` };
  return target(rest.startsWith('/') ? rest : `/${rest}`);
}

function target(url: string): Target {
  const query = url.indexOf('?');
  return { url, path: query === -1 ? url : url.slice(0, query) };
}

/** The values of one field, in order, from Node's flat list of raw names and values. */
export function fieldValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
