import { Agent } from 'undici';
import { comparedHeaders, decodedBody, type Observation } from '../compare/observation.ts';

/** A request as it can be sent once more. */
export interface Repeatable {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | undefined;
}

export interface AskLimits {
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** Asks a side in the background, over connections of its own, so that no mirrored request ever waits in front of a served one. */
export interface Asker {
  /** `too large`: the answer is beyond what is compared. Never rejects. */
  ask(base: URL, what: Repeatable): Promise<Observation | 'too large'>;
  close(): Promise<void>;
}

export function createAsker({ timeoutMs, maxBodyBytes }: AskLimits): Asker {
  const agent = new Agent({ connections: 32, pipelining: 1, keepAliveTimeout: 4_000, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs } });
  return {
    ask: async (base, { method, url, headers, body }) => {
      const startedAt = performance.now();
      try {
        const answer = await agent.request({
          origin: base.origin, method, path: joined(base, url), body: body ?? null, signal: AbortSignal.timeout(timeoutMs),
          headers: { ...sendable(headers, base), 'x-strangler-mirror': '1' },
        });
        const latencyMs = performance.now() - startedAt;
        const bytes = await readUpTo(answer.body, maxBodyBytes);
        const encoding = answer.headers['content-encoding'];
        const decoded = bytes === undefined ? undefined : decodedBody(bytes, Array.isArray(encoding) ? encoding.join(',') : encoding, maxBodyBytes);
        if (decoded === undefined) return 'too large';
        return { kind: 'answered', status: answer.statusCode, headers: comparedHeaders(answer.headers), body: decoded, latencyMs };
      } catch (error) {
        return { kind: 'unanswered', reason: String(error) };
      }
    },
    close: async () => { await agent.destroy(); },
  };
}

/** undici frames the body itself, and would check a certificate against Host, which is the client's. */
function sendable(headers: Repeatable['headers'], { protocol }: URL): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'transfer-encoding' && name !== 'content-length' && (name !== 'host' || protocol === 'http:')));
}

/** Joined as the forwarding side joins it. */
function joined(base: URL, url: string): string {
  const prefix = base.pathname.replace(/\/$/, '');
  return prefix === '' || url !== '/' ? `${prefix}${url}` : prefix;
}

async function readUpTo(body: AsyncIterable<Buffer> & { destroy(): unknown }, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
