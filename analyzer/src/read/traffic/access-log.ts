import type { Request } from './match.ts';

export interface LoggedRequest extends Request {
  /** Since 1970; undefined when the line tells no time that is understood. */
  readonly seconds: number | undefined;
}

/** Common and Combined Log Format: `host ident user [time] "METHOD /path HTTP/1.1" status size …`. */
const COMMON = /^\S+ \S+ .*?\[([^\]]+)\] "([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?" \d{3} /;

/** A line of an access log: Common, Combined, or JSON as nginx, Caddy, Envoy or pino are told to write it. Undefined when it is none. */
export function parseLogLine(line: string): LoggedRequest | undefined {
  if (line.startsWith('{')) return parseJson(line);
  const [, time = '', method = '', path = ''] = COMMON.exec(line) ?? [];
  return method === '' ? undefined : { method, path: pathOf(path), seconds: clfSeconds(time) };
}

const KEYS = {
  method: ['request_method', 'method', 'http_method', 'verb'],
  path: ['request_uri', 'uri', 'url', 'path', 'http_path', 'original_path', 'x-envoy-original-path'],
  time: ['time_iso8601', 'time', 'timestamp', '@timestamp', 'ts', 'start_time', 'msec', 'time_local'],
} as const;

function parseJson(line: string): LoggedRequest | undefined {
  const fields = objectOf(line);
  if (fields === undefined) return undefined;
  // pino and Caddy put the request into an object; nginx's $request is a line of its own.
  const inner = ['req', 'request', 'http'].map((key) => fields[key]).find((value) => typeof value === 'object' && value !== null) as Readonly<Record<string, unknown>> | undefined;
  const all = { ...fields, ...inner };
  const [, lineMethod, linePath] = /^([A-Z]+) (\S+)/.exec(typeof fields['request'] === 'string' ? fields['request'] : '') ?? [];
  const method = lineMethod ?? textAt(all, KEYS.method);
  const path = linePath ?? textAt(all, KEYS.path);
  return method === undefined || path === undefined ? undefined : { method: method.toUpperCase(), path: pathOf(path), seconds: secondsOf(KEYS.time.map((key) => all[key]).find((value) => value !== undefined)) };
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}

function textAt(fields: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  return keys.map((key) => fields[key]).find((value) => typeof value === 'string' && value !== '') as string | undefined;
}

/** A proxy logs absolute URLs. */
export const pathOf = (url: string): string => url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/';

/** ISO 8601, or seconds or milliseconds since 1970. */
export function secondsOf(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
  if (number !== undefined) return number > 1e11 ? number / 1000 : number;
  if (typeof value !== 'string') return undefined;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? clfSeconds(value) : parsed / 1000;
}

/** `10/Oct/2000:13:55:36 -0700` */
function clfSeconds(text: string): number | undefined {
  const [, day = '', month = '', year = '', time = '', zone = 'Z'] = /^(\d{2})\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d)(?: ([+-]\d{4}))?$/.exec(text) ?? [];
  const at = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].indexOf(month);
  if (at < 0) return undefined;
  const parsed = Date.parse(`${year}-${String(at + 1).padStart(2, '0')}-${day}T${time}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(parsed) ? undefined : parsed / 1000;
}
