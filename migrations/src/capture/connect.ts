import { ExitCode, StranglerError } from '@strangler/kernel';
import type { Socket } from 'node:net';
import pg from 'pg';
import { requirePostgresUrl } from './binlog-url.ts';

/** Which database, in the words a message uses. */
export type Side = 'source' | 'target';

/**
 * Session settings under which every value prints the same way on any server and reads back to the bit. TCP keepalives: a peer that vanished
 * without a word must not hold a slot or a lock for hours. Timeouts that a team sets for its application's short statements would end a copy in the middle. And a
 * row policy must not hide rows from it in silence: with row_security off the server refuses the query instead.
 */
const EXACT = ['datestyle=ISO', 'intervalstyle=postgres', 'extra_float_digits=3', 'bytea_output=hex', 'lc_monetary=C', 'tcp_keepalives_idle=5', 'tcp_keepalives_interval=2', 'tcp_keepalives_count=3',
  'statement_timeout=0', 'lock_timeout=0', 'idle_in_transaction_session_timeout=0', 'idle_session_timeout=0', 'row_security=off'].map((setting) => `-c ${setting}`).join(' ');
/** Since PostgreSQL 17; an older server would refuse a connection that asks for it. */
const NO_TRANSACTION_TIMEOUT = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout' AND setting <> '0'";

/** Values stay text: pg's own parsers lose timestamps, numerics and json. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/** @throws StranglerError STR_DATABASE_UNREACHABLE, STR_BINLOG_UNSUPPORTED */
export async function connect(url: string, side: Side, options: { readonly replication?: boolean; readonly pipeline?: boolean; readonly stream?: () => Socket } = {}): Promise<pg.Client> {
  requirePostgresUrl(url);
  const config = {
    connectionString: url, application_name: 'strangler', options: EXACT, types: asText, keepAlive: true, keepAliveInitialDelayMillis: 5_000, connectionTimeoutMillis: 10_000,
    ...(options.replication === true ? { replication: 'database' } : {}), ...(options.pipeline === true ? { pipeline: true } : {}), ...(options.stream === undefined ? {} : { stream: options.stream }),
  };
  const client = new pg.Client(config);
  client.on('error', () => undefined); // a lost connection shows in the query that needs it
  try {
    await client.connect();
    await client.query(NO_TRANSACTION_TIMEOUT);
    return client;
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw unreachable(url, side, cause);
  }
}

/** Runs one piece of work on a connection of its own. */
export async function withConnection<T>(url: string, side: Side, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(url, side);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The rows of a query, every value as text. */
export async function textRows<Column extends string>(client: pg.ClientBase, sql: string, values: readonly unknown[] = []): Promise<Record<Column, string>[]> {
  return (await client.query<Record<Column, string>>(sql, [...values])).rows;
}

/** `instanceof` would miss Node's own errors where a test runner has realms of its own. */
const isError = (value: unknown): value is Error => Object.prototype.toString.call(value) === '[object Error]';

/** Lost connections, shutdowns and starting servers pass by themselves; what the database says about our data does not. */
export function isPassing(error: unknown): boolean {
  if (error instanceof StranglerError) return error.code === 'STR_DATABASE_UNREACHABLE';
  if (!isError(error)) return false;
  const code = (error as { code?: string }).code ?? '';
  if (/^(08|53|57P0[1-5]|40|55006|55P03)/.test(code)) return true;
  return /^E[A-Z]+$/.test(code) || /connection terminated|connection ended|not queryable|client was closed|timeout exceeded when trying to connect/i.test(error.message);
}

function unreachable(url: string, side: Side, cause: unknown): StranglerError {
  const why = cause instanceof Error ? cause.message || ((cause as { code?: string }).code ?? 'no reason given') : String(cause);
  return new StranglerError({
    code: 'STR_DATABASE_UNREACHABLE',
    message: `The ${side} database ${printUrl(url)} cannot be reached: ${why}.`,
    remedy: 'Check that the server runs and that the URL, user and password are right; `strangler doctor` tries both sides.',
    exitCode: ExitCode.environment,
    cause,
  });
}

/** The URL without its password. */
export function printUrl(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch {
    return '(no URL)';
  }
}
