import { textRows, withConnection } from '../capture/connect.ts';
import type { Settings } from './settings.ts';

/** What a PostgreSQL source says about a connector. */
export interface SourceState {
  /** `schema.table` that the config names for signals, and whether it is there with Debezium's columns. */
  readonly signalTable: { readonly name: string; readonly exists: boolean } | undefined;
  /** False where the connector would wait for it: it may not make it itself. */
  readonly publication: { readonly name: string; readonly exists: boolean };
  readonly slot: { readonly name: string; readonly active: boolean; readonly walStatus: string; /** Bytes of WAL the source keeps for it. */ readonly lagBytes: number } | undefined;
}

/** The statement that makes a signal table, as Debezium's documentation prescribes it. */
export const signalTableStatement = (name: string): string =>
  `CREATE SCHEMA IF NOT EXISTS ${name.split('.')[0] ?? 'strangler'}; CREATE TABLE IF NOT EXISTS ${name} (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));`;

/** Asks the source itself. @throws StranglerError STR_DATABASE_UNREACHABLE */
export function sourceState(url: string, config: Settings): Promise<SourceState> {
  const signals = config['signal.data.collection'];
  return withConnection(url, 'source', async (client) => {
    const [table] = signals === undefined ? [] : await textRows<'there'>(client, 'SELECT to_regclass($1) IS NOT NULL AS there', [signals]);
    const publication = config['publication.name'] ?? '';
    const published = await textRows<'one'>(client, 'SELECT 1 AS one FROM pg_publication WHERE pubname = $1', [publication]);
    const [slot] = await textRows<'active' | 'wal_status' | 'lag'>(client, `SELECT active, wal_status,
      greatest(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, coalesce(confirmed_flush_lsn, restart_lsn)), 0)::bigint AS lag FROM pg_replication_slots WHERE slot_name = $1`, [config['slot.name'] ?? '']);
    return {
      signalTable: signals === undefined ? undefined : { name: signals, exists: table?.there === 't' },
      publication: { name: publication, exists: published.length > 0 },
      slot: slot === undefined ? undefined : { name: config['slot.name'] ?? '', active: slot.active === 't', walStatus: slot.wal_status, lagBytes: Number(slot.lag) },
    };
  });
}
