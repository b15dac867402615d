import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { notWritten } from '../state/durable-file.ts';

/** The admin listener's token: made at the first start, readable by its owner only, never printed. */
export async function adminToken(path: string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const token = randomBytes(32).toString('base64url');
  try {
    const file = await open(path, 'w', 0o600);
    try {
      await file.chmod(0o600);
      await file.writeFile(`${token}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw notWritten(path, cause);
  }
  return token;
}

/** Compares in constant time, whatever the lengths. */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether a request comes from where it says: against DNS rebinding the Host must be an address, `localhost`, or a name that was allowed; a
 * browser's Origin must be this very listener.
 */
export function isSameSite(headers: IncomingHttpHeaders, allowedHosts: readonly string[]): boolean {
  const host = headers.host;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
  if (isIP(name) === 0 && name !== 'localhost' && !allowedHosts.includes(name)) return false;
  return headers.origin === undefined || (URL.canParse(headers.origin) && new URL(headers.origin).host === host);
}
