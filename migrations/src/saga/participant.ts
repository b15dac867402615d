import type pg from 'pg';
import { StepRefused } from './definition.ts';

/** A participant's memory of the keys under which it was asked. For its migrations. */
export const PARTICIPANT_TABLES = `CREATE TABLE IF NOT EXISTS saga_participation (
  key text PRIMARY KEY, output jsonb, acted_at timestamptz, compensated_at timestamptz)`;

/**
 * Acts at most once under a key: `work` runs in one transaction with the note of it, and its answer is given again to whoever asks again.
 * @throws StepRefused after the key was taken back: a request that was held up must not revive what was undone
 */
export async function actOnce<T>(client: pg.ClientBase, key: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  return inTransaction(client, async () => {
    const { rowCount } = await client.query('INSERT INTO saga_participation (key, acted_at) VALUES ($1, now()) ON CONFLICT DO NOTHING', [key]);
    if (rowCount === 1) {
      const output = await work(client);
      await client.query('UPDATE saga_participation SET output = $2 WHERE key = $1', [key, JSON.stringify(output ?? null)]);
      return output;
    }
    const { rows } = await client.query<{ output: T; compensated: boolean }>('SELECT output, compensated_at IS NOT NULL AS compensated FROM saga_participation WHERE key = $1', [key]);
    const [row] = rows;
    if (row === undefined || row.compensated) throw new StepRefused(`${key} was taken back`);
    return row.output;
  });
}

/** Takes back what was done under a key, at most once; harmless for a key that was never acted under, which may not be acted under from then on. */
export async function compensateOnce(client: pg.ClientBase, key: string, work: (client: pg.ClientBase, output: unknown) => Promise<unknown>): Promise<void> {
  await inTransaction(client, async () => {
    const { rowCount } = await client.query('INSERT INTO saga_participation (key, compensated_at) VALUES ($1, now()) ON CONFLICT DO NOTHING', [key]);
    if (rowCount === 1) return;
    const { rows } = await client.query<{ output: unknown }>('UPDATE saga_participation SET compensated_at = now() WHERE key = $1 AND compensated_at IS NULL RETURNING output', [key]);
    const [row] = rows;
    if (row !== undefined) await work(client, row.output);
  });
}

async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // a lost connection has rolled back by itself
    throw error;
  }
}
