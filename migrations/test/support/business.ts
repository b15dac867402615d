import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface Business {
  /** Ends the writer; the number of transactions that changed something and were committed. */
  stop(): Promise<number>;
}

/** Random transactions until stopped: a seeded sequence, so that a failure can be run again. */
export async function doBusiness(sourceUrl: string, seed: number, pauseMs = 0): Promise<Business> {
  const client = new pg.Client({ connectionString: sourceUrl });
  await client.connect();
  let state = seed >>> 0;
  const below = (limit: number): number => { state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; return Math.floor((state / 2 ** 32) * limit); };
  const flag = { stopped: false };
  const writing = (async () => {
    let committed = 0;
    while (!flag.stopped) {
      committed += await transaction(client, below);
      await delay(pauseMs);
    }
    await client.end();
    return committed;
  })();
  return { stop: () => { flag.stopped = true; return writing; } };
}

export async function openBank(source: pg.Client): Promise<number> {
  await source.query('BEGIN; INSERT INTO accounts SELECT g, 100, 0 FROM generate_series(1, 500) AS g; INSERT INTO desks SELECT g, g FROM generate_series(1, 20) AS g; COMMIT');
  return 1;
}

async function transaction(client: pg.Client, below: (limit: number) => number): Promise<number> {
  const kind = below(100);
  let changed = 0;
  const run = async (sql: string, values: unknown[]): Promise<void> => { changed += (await client.query(sql, values)).rowCount ?? 0; };
  await client.query('BEGIN');
  try {
    if (kind < 45) {
      await run('UPDATE accounts SET balance = balance - 1, version = version + 1 WHERE id = $1', [1 + below(500)]);
      await run('UPDATE accounts SET balance = balance + 1, version = version + 1 WHERE id = $1', [1 + below(500)]);
    } else if (kind < 62) await run("INSERT INTO letters SELECT $1, $2, string_agg(md5((g * $3)::text), ''), 0 FROM generate_series(1, 150) AS g ON CONFLICT DO NOTHING", [below(200), below(5), below(1_000_000)]);
    else if (kind < 78) await run('UPDATE letters SET opened = opened + 1 WHERE id = $1', [below(200)]);
    else if (kind < 85) await run('DELETE FROM letters WHERE id = $1', [below(200)]);
    else if (kind < 92) await run('UPDATE letters SET copy = copy + 10 WHERE id = $1 AND copy < 10', [below(200)]);
    else await swapDesks(run, 1 + below(20), 1 + below(20));
    await client.query('COMMIT');
    return changed > 0 ? 1 : 0;
  } catch (error) {
    await client.query('ROLLBACK');
    if ((error as { code?: string }).code !== '23505') throw error;
    return 0;
  }
}

/** Two desks change numbers: for a moment neither has its own. */
async function swapDesks(run: (sql: string, values: unknown[]) => Promise<void>, a: number, b: number): Promise<void> {
  if (a === b) return;
  await run('UPDATE desks SET number = -1 - number WHERE id IN ($1, $2)', [a, b]);
  await run('UPDATE desks SET number = -1 - (SELECT number FROM desks AS other WHERE other.id = $2) WHERE id = $1 AND number < 0', [a, b]);
  await run('UPDATE desks SET number = (SELECT min(n) FROM generate_series(1, 20) AS n WHERE n NOT IN (SELECT number FROM desks)) WHERE id = $1', [b]);
}
