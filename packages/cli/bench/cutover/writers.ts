/**
 * Callers that write through the proxy, in a process of their own: `writers.ts URL WRITERS THINK_MS`, forked. Each waits for its answer, then thinks. Told 'report' it
 * sends what was answered since the last report; told 'stop' it lets each writer end and sends the ledger.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';

export interface WritersReport {
  /** When each write was sent and answered, milliseconds since the Unix epoch. */
  readonly writes: readonly (readonly [number, number])[];
  /** What was not answered with 2xx. */
  readonly failed: readonly string[];
  readonly inFlight: readonly number[];
}

export interface Ledger {
  /** Orders whose creation was acknowledged, with the number of acknowledged changes to each. */
  readonly orders: readonly (readonly [id: number, changes: number])[];
}

const [url = '', writers = '32', thinkMs = '20'] = process.argv.slice(2);
let [writes, failed]: [(readonly [number, number])[], string[]] = [[], []];
const inFlight = new Map<number, number>();
const changes = new Map<number, number>();
let stopping = false;

const now = (): number => performance.timeOrigin + performance.now();

async function writer(index: number): Promise<void> {
  const client = new Client(url, { headersTimeout: 30_000, bodyTimeout: 30_000 });
  for (let turn = 0; !stopping; turn += 1) {
    const own = [...mine(index)];
    const fresh = turn % 2 === 0 || own.length === 0;
    await write(client, index, fresh ? nextId(index) : own[turn % own.length] ?? 0, fresh);
    await delay(Number(thinkMs) * (0.5 + Math.random()));
  }
  await client.close();
}

const created = new Map<number, number[]>();
const mine = (index: number): readonly number[] => created.get(index)?.slice(-20) ?? [];
let last = 0;
const nextId = (index: number): number => { last += 1; return last * 100 + index; };

async function write(client: Client, index: number, id: number, fresh: boolean): Promise<void> {
  const sent = now();
  inFlight.set(index, sent);
  try {
    const { statusCode, body } = await client.request({
      method: fresh ? 'POST' : 'PUT', path: fresh ? '/orders' : `/orders/${String(id)}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id, note: `writer ${String(index)}` }),
    });
    const said = await body.text();
    if (statusCode >= 300) { failed.push(`${fresh ? 'POST' : 'PUT'} ${String(id)}: ${String(statusCode)} ${said}`); return; }
    writes.push([sent, now()]);
    changes.set(id, fresh ? 0 : (changes.get(id) ?? 0) + 1);
    if (fresh) created.set(index, [...mine(index), id]);
  } catch (error) {
    failed.push(`${String(id)}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    inFlight.delete(index);
  }
}

const working = Promise.all(Array.from({ length: Number(writers) }, (_, index) => writer(index)));
process.on('message', (message) => {
  if (message === 'report') {
    process.send?.({ writes, failed, inFlight: [...inFlight.values()] } satisfies WritersReport);
    [writes, failed] = [[], []];
  } else if (message === 'stop') {
    stopping = true;
    // What is longer than a pipe takes at once is lost to whoever hangs up before it is through.
    void working.then(() => process.send?.({ orders: [...changes] } satisfies Ledger, undefined, undefined, () => { process.disconnect(); }));
  }
});
