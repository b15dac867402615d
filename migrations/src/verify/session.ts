import { ExitCode, StranglerError } from '@strangler/kernel';
import pg from 'pg';

/** Rows come back as text: a parsed value may compare equal where the stored one does not (timestamps, numerics, json). */
export type TextRow = Readonly<Record<string, string | null>>;

/** One read-only session whose text forms do not depend on how the server or the role is set up. */
export interface ReadSession {
  rows(sql: string, values?: readonly (string | number | null | readonly (string | null)[])[]): Promise<readonly TextRow[]>;
  close(): Promise<void>;
}

/** Every setting on which the text of a value depends; both sides get the same. row_security = off raises where a policy would hide rows. */
const CANONICAL = `SET DateStyle = 'ISO, MDY'; SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex';
  SET lc_monetary = 'C'; SET xmloption = 'content'; SET search_path = pg_catalog; SET row_security = off; SET default_transaction_read_only = on; SET statement_timeout = 0;
  SET idle_session_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0;
  SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout' AND setting <> '0'`;

/** @throws StranglerError STR_DATABASE_UNREACHABLE */
export async function readSession(url: string, side: string): Promise<ReadSession> {
  const client = new pg.Client({ connectionString: url, application_name: 'strangler-verify', types: { getTypeParser: () => (value: unknown) => value } });
  client.on('error', () => undefined); // a lost connection rejects the running query; without a listener it would also end the process
  try {
    await client.connect();
    await client.query(CANONICAL);
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw new StranglerError({
      code: 'STR_DATABASE_UNREACHABLE', cause, exitCode: ExitCode.environment,
      message: `The ${side} database cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check that it runs, that the URL is right and that the role may connect and read; `strangler doctor` tries each database.',
    });
  }
  return {
    rows: async (sql, values = []) => (await client.query<TextRow>(sql, [...values])).rows,
    close: () => client.end(),
  };
}
