import type pg from 'pg';
import { textRows, withConnection } from './connect.ts';
import { parseLsn, type Lsn } from './lsn.ts';
import { HEARTBEAT_PREFIX, MARKER_PREFIX } from './pgoutput.ts';

/**
 * Writes a mark into the source's WAL and returns a position that is behind everything committed before the call and not behind the mark's own commit:
 * a checkpoint at or past it has applied all of that.
 */
export function emitMarker(sourceUrl: string, content: string): Promise<Lsn> {
  return withConnection(sourceUrl, 'source', (client) => writeLastMarker(client, content));
}

/**
 * `writeMarker`, and something behind its commit: a connector that keeps no place at a COMMIT (`connector.ts`) confirms it when it meets what comes next. Outside of a transaction only.
 */
export async function writeLastMarker(client: pg.ClientBase, content: string): Promise<Lsn> {
  const lsn = await writeMarker(client, content);
  await client.query('SELECT pg_logical_emit_message(false, $1, $2)', [HEARTBEAT_PREFIX, '']);
  return lsn;
}

/** `emitMarker` on a connection that is there already. */
export async function writeMarker(client: pg.ClientBase, content: string): Promise<Lsn> {
  const [row] = await textRows<'lsn'>(client, 'SELECT pg_logical_emit_message(true, $1, $2) AS lsn', [MARKER_PREFIX, content]);
  return parseLsn(row?.lsn ?? '');
}
