import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { consumeOnce, inboxTable, outboxTable, type OutboundMessage, type RelayOptions } from '@strangler/migrations';
import { testDatabase } from '@strangler/testkit';
import knex from 'knex';
import pg from 'pg';

/** Accounts are the aggregates: each booking raises an account's number and tells of it in the same transaction, so that its events are numbered without a gap. */
export const ACCOUNTS = 20;

async function relayDatabase(url: string): Promise<void> {
  const service = knex({ client: 'pg', connection: url });
  await outboxTable(service);
  await inboxTable(service);
  await service.raw('CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL); CREATE TABLE heard (id int PRIMARY KEY, n int NOT NULL, sum bigint NOT NULL)');
  await service.raw('INSERT INTO account SELECT g, 0 FROM generate_series(1, ?) g; ', [ACCOUNTS]);
  await service.raw('INSERT INTO heard SELECT id, 0, 0 FROM account');
  await service.destroy();
}

const BOOK = `WITH booked AS (UPDATE account SET n = n + 1 WHERE id = $1 RETURNING id, n)
  INSERT INTO outbox (aggregatetype, aggregateid, type, payload) SELECT 'account', id, 'booked', jsonb_build_object('n', n) FROM booked`;

/** Writers that book until told to stop; returns how many events they committed. */
export async function book(url: string, writers: number, until: AbortSignal, pauseMs = 40): Promise<number> {
  const work = Array.from({ length: writers }, async (_, writer) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    let booked = 0;
    for (; !until.aborted; booked += 1) {
      await client.query(BOOK, [(booked * 7 + writer) % ACCOUNTS + 1]);
      await delay(pauseMs);
    }
    await client.end();
    return booked;
  });
  return (await Promise.all(work)).reduce((sum, one) => sum + one, 0);
}

/** Sessions of a consumer; each account's events are handled by one of them, in order. */
const HANDS = 6;

/** What a consumer saw: every message as often as it came, and the effects it had through `consumeOnce`. */
class Listener {
  readonly seen: OutboundMessage[] = [];
  private readonly hands: { readonly client: pg.Client; busy: Promise<unknown> }[];

  constructor(url: string) {
    this.hands = Array.from({ length: HANDS }, () => ({ client: new pg.Client({ connectionString: url }), busy: Promise.resolve() }));
  }

  open(): Promise<unknown> {
    return Promise.all(this.hands.map(({ client }) => client.connect()));
  }

  hear(message: OutboundMessage): void {
    this.seen.push(message);
    const { n } = JSON.parse(message.value ?? '{}') as { n: number };
    const hand = this.hands[Number(message.key) % HANDS];
    if (hand === undefined) throw new Error(`${message.key} is no account`);
    hand.busy = hand.busy.then(() => consumeOnce(hand.client, { id: message.headers['id'] ?? '' }, async (own) => {
      await own.query('UPDATE heard SET n = n + 1, sum = sum + $2 WHERE id = $1', [message.key, n]);
    }));
  }

  get ids(): number {
    return new Set(this.seen.map(({ headers }) => headers['id'])).size;
  }

  private async settled(): Promise<void> {
    await Promise.all(this.hands.map(({ busy }) => busy));
  }

  async close(): Promise<void> {
    await this.settled();
    await Promise.all(this.hands.map(({ client }) => client.end()));
  }

  /** Aggregates whose events, each taken the first time it came, are not 1, 2, 3 … in that order. */
  outOfOrder(): string[] {
    const had = new Set<string>();
    const first = this.seen.filter(({ headers: { id = '' } }) => !had.has(id) && had.add(id));
    return [...Map.groupBy(first, ({ key }) => key)].filter(([, messages]) =>
      messages.some(({ value }, index) => (JSON.parse(value ?? '{}') as { n: number }).n !== index + 1)).map(([key]) => key);
  }

  /** Accounts where the effects differ from what was booked. */
  async wrongEffects(): Promise<number> {
    await this.settled();
    const [hand] = this.hands;
    if (hand === undefined) return -1;
    const { rows } = await hand.client.query<{ n: number }>('SELECT count(*)::int AS n FROM account a JOIN heard h USING (id) WHERE h.n <> a.n OR h.sum <> a.n::bigint * (a.n + 1) / 2');
    return rows[0]?.n ?? -1;
  }
}

export interface RelayTrial {
  readonly kills: number;
  readonly events: number;
  readonly lost: number;
  readonly repeated: number;
  readonly outOfOrder: readonly string[];
  readonly wrongEffects: number;
}

type ChildOptions = Pick<RelayOptions, 'service' | 'url' | 'table' | 'destination'> & { readonly broker?: string };

export interface TrialOptions {
  readonly destination: 'kafka' | 'rabbitmq';
  readonly broker: string;
  /** Returns what ends it. */
  readonly listen: (hear: (message: OutboundMessage) => void) => Promise<() => Promise<void>>;
  readonly kills: number;
  readonly seed: number;
}

/** A bank of its own, its relay killed again and again, and what its listener says of that. */
export async function relayTrial({ destination, broker, listen, kills, seed }: TrialOptions): Promise<RelayTrial> {
  await using database = await testDatabase('relay');
  await relayDatabase(database.url);
  const listener = new Listener(database.url);
  await listener.open();
  const end = await listen((message) => { listener.hear(message); });
  try {
    return await killRelays({ service: 'bank', url: database.url, table: 'outbox', destination, broker }, listener, kills, seeded(seed));
  } finally {
    await end();
    await listener.close();
  }
}

/** Kills the relay at random moments under load, then lets one live until everything has arrived. */
async function killRelays(options: ChildOptions, listener: Listener, kills: number, random: () => number): Promise<RelayTrial> {
  const logDirectory = await mkdtemp(join(tmpdir(), 'strangler-relay-'));
  const enough = new AbortController();
  const booking = book(options.url, 2, enough.signal);
  const start = () => spawn(process.execPath, [fileURLToPath(new URL('./relay-child.ts', import.meta.url)), JSON.stringify({ ...options, logDirectory })], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const relay = start();
      const gone = once(relay, 'exit');
      // From while it starts to deep in its work.
      if (random() < 0.75) await Promise.race([once(relay.stdout, 'data'), gone]);
      await Promise.race([delay(random() * 400), gone]);
      if (relay.exitCode !== null) throw new Error(`the relay ended by itself with ${String(relay.exitCode)}`);
      relay.kill('SIGKILL');
      await gone;
    }
    enough.abort();
    const events = await booking;
    const last = start();
    const gone = once(last, 'exit');
    last.stdout.resume();
    for (const until = Date.now() + 120_000; listener.ids < events && Date.now() < until;) await delay(50);
    last.kill('SIGKILL');
    await gone;
    return { kills, events, lost: events - listener.ids, repeated: listener.seen.length - listener.ids, outOfOrder: listener.outOfOrder(), wrongEffects: await listener.wrongEffects() };
  } finally {
    enough.abort();
    await booking.catch(() => undefined);
    await rm(logDirectory, { recursive: true, force: true });
  }
}

/** A small generator (mulberry32), so that a seed says which moments. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
