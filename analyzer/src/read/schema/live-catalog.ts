import { StranglerError } from '@strangler/kernel';
import pg from 'pg';

/** What a database's own catalogue says of its schema; names carry their schema unless it is `public`. */
export interface LiveCatalog {
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[]; readonly rows: number | null }[];
  readonly keys: readonly { readonly from: string; readonly columns: readonly string[]; readonly to: string; readonly references: readonly string[]; readonly onDelete: string | null }[];
  readonly views: readonly { readonly name: string; readonly reads: readonly string[] }[];
  readonly triggers: readonly { readonly name: string; readonly table: string; readonly body: string }[];
}

const CONNECT_MS = 5_000;
const STATEMENT_MS = 30_000;

/**
 * Reads tables, columns, keys, views, triggers and estimated row counts of a PostgreSQL database: from the catalogue alone, in a read-only transaction.
 * No row of any table is looked at.
 * @throws StranglerError `STR_USAGE` for what is no PostgreSQL URL, `STR_DATABASE_UNREACHABLE` when it does not answer; neither repeats the password.
 */
export const readCatalog = async (url: string): Promise<LiveCatalog> => {
  const where = placeOf(url);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, application_name: 'strangler analyze' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SET default_transaction_read_only = on');
    await client.query(`SET statement_timeout = ${String(STATEMENT_MS)}`);
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await catalogOf(client);
  } catch (error) {
    throw unreachable(where, error);
  } finally {
    await client.end().catch(() => undefined);
  }
};

const catalogOf = async (client: pg.Client): Promise<LiveCatalog> => {
  const rows = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows;
  return { tables: await rows(TABLES), keys: await rows(KEYS), views: await rows(VIEWS), triggers: await rows(TRIGGERS) };
};

/** Host, port and database, as one may print them. */
const placeOf = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    throw new StranglerError({ code: 'STR_USAGE', message: '--database takes the URL of a PostgreSQL database.', remedy: 'For example postgres://reader@localhost:5432/shop, or env:DATABASE_URL to take it from the environment.' });
  }
  return `${parsed.host}${parsed.pathname}`;
};

const unreachable = (where: string, cause: unknown): StranglerError => new StranglerError({
  code: 'STR_DATABASE_UNREACHABLE', exitCode: 3, message: `The database at ${where} cannot be read: ${reasonOf(cause)}.`,
  remedy: 'Start it, or correct its URL; a role that may connect is enough. Without --database the schema is read from the source.',
});

/** The server's or the socket's code, and words only where they come from the server, which never sees the password. */
const reasonOf = (cause: unknown): string => {
  if (cause instanceof pg.DatabaseError) return cause.message;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code ?? (cause instanceof Error && /timeout|timed out/i.test(cause.message) ? 'it did not answer in time' : 'the connection failed');
};

const named = (relation: string, namespace: string): string => `CASE ${namespace}.nspname WHEN 'public' THEN ${relation}.relname::text ELSE ${namespace}.nspname || '.' || ${relation}.relname END`;
const columnsOf = (numbers: string, relation: string): string =>
  `ARRAY(SELECT a.attname::text FROM unnest(${numbers}) WITH ORDINALITY AS k(num, position) JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.num ORDER BY k.position)`;
/** Of people, not of the server or of an extension. */
const theirs = (relation: string, namespace: string): string => `${namespace}.nspname !~ '^(pg_|information_schema$)' AND NOT EXISTS (
  SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = ${relation}.oid AND e.deptype = 'e')`;

const TABLES = `
  SELECT ${named('c', 'n')} AS name, CASE WHEN c.relkind IN ('r', 'p', 'm') AND c.reltuples >= 0 THEN c.reltuples::float8 END AS rows,
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition AND ${theirs('c', 'n')} ORDER BY 1`;

const KEYS = `
  SELECT ${named('c', 'n')} AS "from", ${columnsOf('k.conkey', 'c.oid')} AS columns, ${named('t', 'm')} AS "to", ${columnsOf('k.confkey', 't.oid')} AS "references",
    CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' END AS "onDelete"
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace m ON m.oid = t.relnamespace
  WHERE k.contype = 'f' AND k.conparentid = 0 AND ${theirs('c', 'n')} ORDER BY 1, 2`;

const VIEWS = `
  SELECT ${named('v', 'n')} AS name, array_agg(DISTINCT ${named('t', 'm')}) AS reads
  FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
  JOIN pg_class t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p', 'f', 'v', 'm') JOIN pg_namespace m ON m.oid = t.relnamespace
  WHERE v.relkind IN ('v', 'm') AND ${theirs('v', 'n')} GROUP BY 1 ORDER BY 1`;

const TRIGGERS = `
  SELECT t.tgname::text AS name, ${named('c', 'n')} AS "table", p.prosrc AS body
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${theirs('c', 'n')} ORDER BY 2, 1`;
