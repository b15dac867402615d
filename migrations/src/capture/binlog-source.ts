import { ExitCode, StranglerError, type ReplicationConfig } from '@strangler/kernel';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { printSourceUrl } from './binlog-url.ts';

export type BinlogSource = Connection;

/** Runs one piece of work on a connection to MariaDB or MySQL. @throws StranglerError STR_DATABASE_UNREACHABLE */
export async function withBinlogSource<T>(url: string, work: (source: Connection) => Promise<T>): Promise<T> {
  const { hostname, port, username, password } = new URL(url);
  const source = await mysql.createConnection({
    host: hostname, port: port === '' ? 3306 : Number(port), user: decodeURIComponent(username), password: decodeURIComponent(password), database: databaseOf(url), charset: 'utf8mb4', connectTimeout: 10_000,
  }).catch((cause: unknown) => { throw unreachable(url, cause); });
  source.on('error', () => undefined); // a lost connection shows in the query that needs it
  try {
    return await work(source);
  } finally {
    await source.end().catch(() => undefined);
  }
}

/** Every value as text; NULL stays null. */
export async function sourceRows<Column extends string>(source: Connection, sql: string, values: readonly unknown[] = []): Promise<Record<Column, string | null>[]> {
  const [rows] = await source.query<RowDataPacket[]>({ sql, values: [...values], typeCast: (field) => field.string() });
  return rows as Record<Column, string | null>[];
}

export const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

/** The mapping with its source tables under the names the connector gives them: the URL's database takes the place of a schema. */
export const inDatabase = (mapping: ReplicationConfig, database: string): ReplicationConfig => ({
  ...mapping,
  tables: Object.fromEntries(Object.entries(mapping.tables).map(([name, table]) => name.includes('.') ? [name, table] : [`${database}.${name}`, { ...table, into: table.into ?? name }])),
});

const unreachable = (url: string, cause: unknown): StranglerError => new StranglerError({
  code: 'STR_DATABASE_UNREACHABLE', exitCode: ExitCode.environment, cause, message: `The source database ${printSourceUrl(url)} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}.`,
  remedy: 'Check that the server runs and that the URL, user and password are right; `strangler doctor` tries both sides.',
});
