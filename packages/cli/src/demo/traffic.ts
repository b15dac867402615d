import { Agent, request } from 'undici';
import type { Dice } from '@strangler/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger, WriteOutcome } from './ledger.ts';
import { pick } from './seeded.ts';

export interface TrafficOptions {
  /** The proxy's public address. */
  readonly url: string;
  /** A staff token of the shop, for writes. */
  readonly token: string;
  readonly productIds: readonly number[];
  readonly categoryIds: readonly number[];
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  readonly dice: Dice;
  readonly ledger: Ledger;
}

export interface TrafficTally {
  readonly served: number;
  readonly failed: number;
  /** What went wrong → how often. */
  readonly failures: ReadonlyMap<string, number>;
  /** Longest wait of a write, milliseconds. */
  readonly slowestWriteMs: number;
}

export interface Traffic {
  tally(): TrafficTally;
  /** Ends after the requests in flight were answered. */
  stop(): Promise<void>;
}

/** Callers that one browser session each would be; the canary is sticky by them. */
const CALLERS = 64;
const READERS = 16;
const WRITERS = 8;

/** A steady, bounded load of shop clients: reads of many callers, and writers that each own some products, so that their last word is known. */
export function startTraffic(options: TrafficOptions): Traffic {
  const agent = new Agent({ connections: READERS + WRITERS, keepAliveTimeout: 30_000 });
  const stop = new AbortController();
  const tally = { served: 0, failed: 0, failures: new Map<string, number>(), slowestWriteMs: 0 };
  const client = { options, agent, tally };
  const readers = Array.from({ length: READERS }, (_, index) => pace(index, READERS, options.readsPerSecond, stop.signal, () => read(client)));
  const writers = Array.from({ length: WRITERS }, (_, index) => {
    const mine = options.productIds.filter((_id, position) => position % WRITERS === index);
    let count = 0;
    return pace(index, WRITERS, options.writesPerSecond, stop.signal, () => {
      count += 1;
      return write(client, mine, `${String(index)}-${String(count)}`);
    });
  });
  return {
    tally: () => ({ ...tally, failures: new Map(tally.failures) }),
    stop: async () => {
      if (stop.signal.aborted) return;
      stop.abort();
      await Promise.all([...readers, ...writers]);
      await agent.close();
    },
  };
}

/** One of `workers` loops that share a rate; a slow answer delays its own loop only. */
async function pace(index: number, workers: number, perSecond: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  const everyMs = workers / perSecond * 1000;
  let next = performance.now() + everyMs * (index + 1) / workers;
  while (!signal.aborted) {
    const waitMs = next - performance.now();
    // A late loop does not try to catch up: the load stays steady after a pause.
    next = Math.max(next, performance.now()) + everyMs;
    const told = waitMs > 0 && await delay(waitMs, false, { signal }).catch(() => true);
    if (!told) await act();
  }
}

interface Client {
  readonly options: TrafficOptions;
  readonly agent: Agent;
  readonly tally: { served: number; failed: number; readonly failures: Map<string, number>; slowestWriteMs: number };
}

async function read(client: Client): Promise<void> {
  const { dice, productIds, categoryIds } = client.options;
  const id = String(pick(dice, productIds));
  const path = pick(dice, [
    `/products/${id}`, `/products/${id}`, `/products/${id}/price`, `/products?page=${String(1 + Math.floor(dice() * 8))}&limit=10`,
    '/categories', `/categories/${String(pick(dice, categoryIds))}/products?limit=5`, `/products/${id}/reviews`,
  ]);
  await send(client, 'GET', path, undefined);
}

async function write(client: Client, mine: readonly number[], label: string): Promise<void> {
  const { dice, categoryIds, ledger } = client.options;
  const began = performance.now();
  if (dice() < 0.25) {
    const sku = `DEMO-${label}`;
    ledger.creating(sku);
    ledger.created(sku, await send(client, 'POST', '/products', { sku, name: `Demo ${label}`, priceCents: 100 + Math.floor(dice() * 9_900), categoryId: pick(dice, categoryIds) }));
  } else {
    const id = pick(dice, mine);
    const description = `demo ${label}`;
    ledger.changing(id, description);
    ledger.changed(id, description, await send(client, 'PATCH', `/products/${String(id)}`, { description }));
  }
  client.tally.slowestWriteMs = Math.max(client.tally.slowestWriteMs, performance.now() - began);
}

async function send({ options, agent, tally }: Client, method: 'GET' | 'POST' | 'PATCH', path: string, body: unknown): Promise<WriteOutcome> {
  const caller = `caller-${String(Math.floor(options.dice() * CALLERS))}`;
  try {
    const answer = await request(options.url + path, {
      method, dispatcher: agent, headersTimeout: 20_000,
      headers: { 'x-client-id': caller, authorization: `Bearer ${options.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode < 400) {
      tally.served += 1;
      return 'acknowledged';
    }
    fail(tally, `${method} ${path.replaceAll(/\d+/g, 'N')} → ${String(answer.statusCode)} ${text.slice(0, 120)}`);
    // A gateway that lost the service after sending cannot know; every other refusal is one.
    return answer.statusCode >= 500 ? 'unknown' : 'refused';
  } catch (error) {
    fail(tally, `${method} ${path.replaceAll(/\d+/g, 'N')} → ${(error as { code?: string }).code ?? (error as Error).message}`);
    return 'unknown';
  }
}

function fail(tally: Client['tally'], what: string): void {
  tally.failed += 1;
  tally.failures.set(what, (tally.failures.get(what) ?? 0) + 1);
}
