import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** One side's outcome, in the parts that are compared. */
export type Observation = Answered | Unanswered;

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  /** Lower-case names; several values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** To the answer's first byte. */
  readonly latencyMs: number;
}

/** No answer at all: a difference in itself, and a heavier one than any wrong field. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly reason: string;
}

/** Not part of what an endpoint promises: the connection, the clock, the server's name, and what follows from the body's encoding. */
const NOT_COMPARED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding', 'date', 'age', 'via', 'server', 'x-powered-by',
  'x-strangler-served-by', 'vary', 'trailer', 'upgrade', 'traceresponse', 'server-timing', 'alt-svc', 'x-runtime', 'x-response-time']);

export function comparedHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_COMPARED.has(name)) kept[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return kept;
}

/**
 * The body as the caller meant it, decoded; `undefined` when it grows beyond `maxBytes`. One that cannot be decoded is compared as it came: a
 * candidate whose compression is broken must differ, not be passed over.
 */
export function decodedBody(body: Buffer, contentEncoding: string | undefined, maxBytes: number): Buffer | undefined {
  const decode = DECODERS.get(contentEncoding?.trim().toLowerCase() ?? '');
  try {
    return decode === undefined ? body : decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    return isTooLarge(error) ? undefined : body;
  }
}

const DECODERS = new Map<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer>([
  ['gzip', gunzipSync], ['x-gzip', gunzipSync], ['br', brotliDecompressSync], ['deflate', inflateSync], ['zstd', zstdDecompressSync],
]);

/** Asked of the value, not of its class: an error may come from another realm. */
const isTooLarge = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
