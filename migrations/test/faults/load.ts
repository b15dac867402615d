import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { seededDice } from './dice.ts';

/** What the load writes: transfers between few accounts, letters too long to stay in the row, whose keys change, desks that swap unique numbers. */
export const BANK = `
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, version int NOT NULL);
CREATE TABLE letters (id int, copy int, body text, opened int NOT NULL, PRIMARY KEY (id, copy));
ALTER TABLE letters ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE desks (id int PRIMARY KEY, number int NOT NULL UNIQUE)`;
export const BANK_KEYS = { accounts: ['id'], letters: ['id', 'copy'], desks: ['id'] };
const OPENING = `INSERT INTO accounts SELECT g, 100, 0 FROM generate_series(1, 200) AS g; INSERT INTO desks SELECT g, g FROM generate_series(1, 20) AS g`;

export interface Load {
  /** Ends the writers. */
  stop(): Promise<Written>;
}

export interface Written {
  /** `writer/seq` of every transaction whose COMMIT was answered: none of them may be missing from the source's own ledger. */
  readonly acknowledged: readonly string[];
  /** COMMITs without an answer: the server was gone. */
  readonly unknown: number;
}

export interface LoadOptions {
  readonly writers: number;
  readonly seed: number;
  /** Pause between two transactions of one writer, milliseconds. */
  readonly pauseMs: number;
  /** Further writers whose transactions stay open for a second or so, while the others commit between their rows; default none. */
  readonly lingering?: number;
}

type Work = (client: pg.ClientBase, dice: () => number, writer: number) => Promise<void>;

/** The first transaction of all: writer 0. */
export async function openBank(client: pg.ClientBase): Promise<void> {
  await client.query(`BEGIN; ${OPENING}; INSERT INTO ledger VALUES (0, 0, 'opening'); COMMIT`);
}

/** Several writers over the same rows until stopped, through restarts of the server. Some transactions roll back. Seeded. */
export function startLoad(url: string, { writers, seed, pauseMs, lingering = 0 }: LoadOptions): Load {
  const stopping = new AbortController();
  const each = Array.from({ length: writers + lingering }, (_, index) => write(url, { writer: index + 1, dice: seededDice(seed + index), pauseMs, work: index < writers ? business : linger }, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      const written = await Promise.all(each);
      return { acknowledged: written.flatMap(({ acknowledged }) => acknowledged), unknown: written.reduce((sum, { unknown }) => sum + unknown, 0) };
    },
  };
}

interface Writer {
  readonly writer: number;
  readonly dice: () => number;
  readonly pauseMs: number;
  readonly work: Work;
}

async function write(url: string, { writer, dice, pauseMs, work }: Writer, signal: AbortSignal): Promise<Written> {
  const acknowledged: string[] = [];
  let [unknown, seq] = [0, 0];
  let client: pg.Client | undefined;
  while (!signal.aborted) {
    client ??= await connect(url);
    if (client === undefined) { await delay(50); continue; }
    seq += 1;
    const outcome = await attempt(client, { writer, seq }, dice, work);
    if (outcome === 'committed') acknowledged.push(`${String(writer)}/${String(seq)}`);
    if (outcome === 'lost') {
      unknown += 1;
      client.connection.stream.destroy();
      client = undefined;
    }
    await delay(pauseMs * dice() * 2);
  }
  await client?.end().catch(() => undefined);
  return { acknowledged, unknown };
}

async function connect(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  return client.connect().then(() => client, () => undefined);
}

/** A deadlock or a taken key is an application's everyday life: rolled back, and the number is not used again. */
async function attempt(client: pg.Client, { writer, seq }: { readonly writer: number; readonly seq: number }, dice: () => number, work: Work): Promise<'committed' | 'refused' | 'lost'> {
  try {
    await client.query('BEGIN');
    await work(client, dice, writer);
    await client.query('INSERT INTO ledger VALUES ($1, $2, $3)', [writer, seq, 'x'.repeat(Math.floor(dice() * 40))]);
    if (dice() < 0.05) { await client.query('ROLLBACK'); return 'refused'; }
    await client.query('COMMIT');
    return 'committed';
  } catch (error) {
    if (!['40P01', '23505', '40001'].includes((error as { code?: string }).code ?? '')) return 'lost';
    return client.query('ROLLBACK').then(() => 'refused', () => 'lost');
  }
}

async function business(client: pg.ClientBase, dice: () => number): Promise<void> {
  const below = (limit: number): number => Math.floor(dice() * limit);
  const kind = below(100);
  if (kind < 40) {
    await client.query('UPDATE accounts SET balance = balance - 1, version = version + 1 WHERE id = $1', [1 + below(200)]);
    await client.query('UPDATE accounts SET balance = balance + 1, version = version + 1 WHERE id = $1', [1 + below(200)]);
  } else if (kind < 45) {
    await client.query('UPDATE accounts SET version = version + 1 WHERE id % 10 = $1', [below(10)]);
  } else if (kind < 62) {
    await client.query("INSERT INTO letters SELECT $1, $2, string_agg(md5((g * $3)::text), ''), 0 FROM generate_series(1, 80) AS g ON CONFLICT DO NOTHING", [below(200), below(5), below(1_000_000)]);
  } else if (kind < 76) {
    await client.query('UPDATE letters SET opened = opened + 1 WHERE id = $1', [below(200)]);
  } else if (kind < 84) {
    await client.query('DELETE FROM letters WHERE id = $1', [below(200)]);
  } else if (kind < 92) {
    await client.query('UPDATE letters SET copy = copy + 10 WHERE id = $1 AND copy < 10', [below(200)]);
  } else {
    await swapDesks(client, 1 + below(20), 1 + below(20));
  }
}

/** Rows that nobody else touches, some time apart: commits of others lie between them in the WAL, and now and then right before one. */
async function linger(client: pg.ClientBase, dice: () => number, writer: number): Promise<void> {
  const id = 1_000 * writer + Math.floor(dice() * 500);
  for (let copy = 0; copy < 12; copy += 1) {
    await client.query('INSERT INTO letters VALUES ($1, $2, $3, 0) ON CONFLICT (id, copy) DO UPDATE SET opened = letters.opened + 1', [id, copy, 'kept open']);
    await delay(dice() * 100);
  }
}

/** Two desks change numbers: for a moment neither has its own. */
async function swapDesks(client: pg.ClientBase, a: number, b: number): Promise<void> {
  if (a === b) return;
  const { rows } = await client.query<{ id: number; number: number }>('SELECT id, number FROM desks WHERE id IN ($1, $2) ORDER BY id FOR UPDATE', [a, b]);
  const [first, second] = rows;
  if (first === undefined || second === undefined) return;
  for (const [id, number] of [[first.id, -first.id], [second.id, first.number], [first.id, second.number]]) await client.query('UPDATE desks SET number = $2 WHERE id = $1', [id, number]);
}
