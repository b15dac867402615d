import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { ExitCode, StranglerError } from '@strangler/kernel';

/** What an HTTP server answered, its body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Asked {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/**
 * One request on a connection of its own, which ends with the answer. A user and password in the URL go into the header where they belong.
 * @throws StranglerError STR_CONNECT_UNREACHABLE
 */
export function ask({ method, url, body, timeoutMs }: Asked): Promise<Answer> {
  const { username, password, hostname, port, pathname, search, protocol } = url;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    method, hostname, port, path: `${pathname}${search}`, agent: false, timeout: timeoutMs,
    headers: { accept: 'application/json', ...(sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(sent)) }) },
    ...(username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
  };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => { reject(unreachable(url, cause)); };
    const asked = (protocol === 'https:' ? overHttps : overHttp)(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).once('error', fail).once('end', () => { resolve({ status: answer.statusCode ?? 0, body: parsed(text) }); });
    });
    asked.once('error', fail).once('timeout', () => { asked.destroy(new Error(`no answer within ${String(timeoutMs / 1000)} s`)); });
    asked.end(sent);
  });
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The URL without its password. */
export const printConnectUrl = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname.replace(/\/$/, '')}`;

function unreachable(url: URL, cause: unknown): StranglerError {
  const { message, code } = cause as { message?: string; code?: string };
  const why = message === undefined || message === '' ? code ?? 'no reason given' : message;
  return new StranglerError({
    code: 'STR_CONNECT_UNREACHABLE', exitCode: ExitCode.environment, cause,
    message: `Kafka Connect at ${url.protocol}//${url.host} cannot be reached: ${why}.`,
    remedy: 'Start it (`npm run stack:local`, `docker compose up connect`), or name another with --url or CONNECT_URL.',
  });
}
