import type { IncomingMessage } from 'node:http';
import { comparedHeaders, decodedBody, type Answered } from '../compare/observation.ts';
import type { SkipReason } from '../compare/tally.ts';

/** Keeps a bounded copy of an exchange while it streams by. It reads along; it never holds anything up. */
export class Capture {
  readonly #maxBytes: number;
  readonly #request: Buffer[] = [];
  readonly #answer: Buffer[] = [];
  #size = 0;
  #head: { readonly status: number; readonly headers: IncomingMessage['headers'] } | undefined;
  #skip: SkipReason | undefined;
  readonly #dropped: () => void;

  /** `dropped`: nothing is kept any more, however long the exchange goes on. */
  constructor(maxBytes: number, dropped: () => void) {
    this.#maxBytes = maxBytes;
    this.#dropped = dropped;
  }

  request(request: IncomingMessage): void { request.on('data', (chunk: Buffer) => { this.#keep(this.#request, chunk); }); }

  answer(answer: IncomingMessage): void {
    this.#head = { status: answer.statusCode ?? 0, headers: answer.headers };
    if ((answer.headers['content-type'] ?? '').startsWith('text/event-stream')) this.#drop('streaming');
    else if (Number(answer.headers['content-length'] ?? 0) > this.#maxBytes) this.#drop('too large');
    else answer.on('data', (chunk: Buffer) => { this.#keep(this.#answer, chunk); });
  }

  /** The request's body, and the answer as an observation; or why there is none. */
  result(complete: boolean, latencyMs: number): { readonly body: Buffer; readonly observation: Answered } | SkipReason {
    if (this.#skip !== undefined) return this.#skip;
    if (!complete || this.#head === undefined) return 'incomplete';
    const { status, headers } = this.#head;
    if (status === 304) return 'conditional';
    const body = decodedBody(Buffer.concat(this.#answer), headers['content-encoding'], this.#maxBytes);
    if (body === undefined) return 'too large';
    return { body: Buffer.concat(this.#request), observation: { kind: 'answered', status, headers: comparedHeaders(headers), body, latencyMs } };
  }

  #keep(chunks: Buffer[], chunk: Buffer): void {
    if (this.#skip !== undefined) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#drop('too large');
    else chunks.push(chunk);
  }

  #drop(reason: SkipReason): void {
    this.#skip = reason;
    this.#request.length = 0;
    this.#answer.length = 0;
    this.#dropped();
  }
}
