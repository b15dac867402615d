import type { StickyBy } from '@strangler/kernel';

/** What is known of who asks. Header names are lower case. */
export interface Asker {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's address as we trust it: never a header that the client may have written itself. */
  readonly address: string;
}

/** The text that identifies a caller. Without the header or cookie it is the address, so that a caller is never split within one session. */
export function callerOf(stickyBy: StickyBy, { headers, address }: Asker): string {
  const client = `client ${address}`;
  if (stickyBy === 'client') return client;
  const name = stickyBy.slice(stickyBy.indexOf(':') + 1);
  const value = stickyBy.startsWith('header:') ? first(headers[name.toLowerCase()]) : cookie(first(headers['cookie']), name);
  return value === undefined || value === '' ? client : `${stickyBy} ${value}`;
}

const first = (value: string | string[] | undefined): string | undefined => Array.isArray(value) ? value.join('; ') : value;

function cookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
