import { rm } from 'node:fs/promises';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import type { ChangeEvent, ChangeTransaction, RowText } from '../capture/change-event.ts';
import { connect, textRows, withConnection } from '../capture/connect.ts';
import type { Lsn } from '../capture/lsn.ts';
import { ReplicationSession, type SlotSnapshot } from '../capture/replication-session.ts';
import { dropPublication, dropSlot, objectName, requireSlot, slotState } from '../capture/slot.ts';
import { parseTableRef, quoteLiteral, quoteName, quoteTable, tableName, type CapturedTables } from '../capture/table-ref.ts';
import { openEmbeddedLog, type EmbeddedLog } from '../log/embedded-log.ts';
import { connectorName } from '../capture/connector.ts';

/** Debezium's outbox event router needs these; `created_at` is read where it is there. */
const COLUMNS = ['id', 'aggregatetype', 'aggregateid', 'type', 'payload'];
const ROWS_PER_CHUNK = 1_000;
/** As in capture/snapshot.ts: chunks lie just below the slot's consistent point, where nothing is streamed. */
const RESERVED_POSITIONS = 1n << 20n;

/** Slot and publication of a service's outbox: the generated connector's, so that the two cannot run side by side without noticing. */
export const outboxObject = (service: string): string => objectName(connectorName(service));

export const outboxTables = (table: string): CapturedTables => {
  const ref = parseTableRef(table);
  return new Map([[tableName(ref), { ref, key: ['id'], omit: new Set<string>() }]]);
};

/** @throws StranglerError STR_OUTBOX_UNUSABLE with everything that is wrong with the table or the server */
export async function requireOutbox(client: pg.ClientBase, service: string, table: string): Promise<{ readonly ordered: boolean }> {
  const ref = parseTableRef(table);
  const columns = await textRows<'name'>(client, `SELECT a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`, [ref.schema, ref.table]);
  const names = new Set(columns.map(({ name }) => name));
  const [level] = await textRows<'v'>(client, "SELECT current_setting('wal_level') AS v");
  const problems = [
    ...(names.size === 0 ? [`there is no table ${tableName(ref)}`] : COLUMNS.filter((name) => !names.has(name)).map((name) => `${tableName(ref)} has no column ${name}`)),
    ...(level?.v === 'logical' ? [] : [`wal_level is ${level?.v ?? 'unknown'}, not logical`]),
  ];
  if (problems.length === 0) return { ordered: names.has('created_at') };
  throw new StranglerError({
    code: 'STR_OUTBOX_UNUSABLE', exitCode: ExitCode.environment,
    message: `The outbox of ${service} cannot be relayed: ${problems.join('; ')}.`,
    remedy: 'Create the table with Debezium\'s columns (id, aggregatetype, aggregateid, type, payload) and set wal_level = logical.',
  });
}

/**
 * Makes slot and publication and reads what the outbox holds already into the log, in the order of `created_at`: what the table shows to the exported snapshot is
 * read, everything after it is streamed. Only inserts are published: deleting delivered rows is housekeeping.
 */
export async function beginOutbox(url: string, service: string, table: string, log: EmbeddedLog, ordered: boolean): Promise<void> {
  const slot = outboxObject(service);
  await withConnection(url, 'source', async (client) => {
    await dropSlot(client, slot);
    await dropPublication(client, slot);
    await client.query(`CREATE PUBLICATION ${quoteName(slot)} FOR TABLE ${quoteTable(parseTableRef(table))} WITH (publish = 'insert', publish_via_partition_root = true)`);
  });
  const session = await ReplicationSession.open(url);
  try {
    await readOutbox(url, table, await session.createSlot(slot), log, ordered);
  } finally {
    await session.close(Date.now());
  }
}

async function readOutbox(url: string, table: string, { snapshot, consistentPoint }: SlotSnapshot, log: EmbeddedLog, ordered: boolean): Promise<void> {
  const ref = parseTableRef(table);
  const client = await connect(url, 'source');
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshot)}`);
    const columns = [...COLUMNS, ...(ordered ? ['created_at'] : [])].map(quoteName).join(', ');
    await client.query(`DECLARE waiting NO SCROLL CURSOR FOR SELECT ${columns} FROM ${quoteTable(ref)} ${ordered ? 'ORDER BY created_at, id' : ''}`);
    let position = consistentPoint - RESERVED_POSITIONS;
    for (;;) {
      const { rows } = await client.query<Record<string, string | null>>(`FETCH ${String(ROWS_PER_CHUNK)} FROM waiting`);
      if (rows.length === 0) break;
      position += 1n;
      await log.append([transaction(position as Lsn, rows.map((after) => ({ ...ref, op: 'snapshot-read' as const, after })))]);
    }
    await log.append([transaction(consistentPoint, [])]);
    await log.advance(consistentPoint);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const transaction = (commitLsn: Lsn, events: readonly ChangeEvent[]): ChangeTransaction => ({ commitLsn, xid: 0, committedAtMs: Date.now(), events });

/** The rows of an outbox in a transaction, in the order in which they were written. */
export const outboxRows = ({ events }: ChangeTransaction, table: string): RowText[] => {
  const ref = parseTableRef(table);
  return events.flatMap((event) => event.schema === ref.schema && event.table === ref.table && (event.op === 'create' || event.op === 'snapshot-read') ? [event.after] : []);
};

/** @throws StranglerError STR_SLOT_MISSING, STR_SLOT_LOST, STR_SLOT_ADVANCED: what was written meanwhile still lies in the table */
export async function requireOwnSlot(url: string, service: string, log: EmbeddedLog): Promise<void> {
  await withConnection(url, 'source', async (client) => {
    try {
      requireSlot(outboxObject(service), await slotState(client, outboxObject(service)), log.durable());
    } catch (error) {
      if (!(error instanceof StranglerError)) throw error;
      throw new StranglerError({ code: error.code, message: error.message, exitCode: ExitCode.environment, cause: error, remedy: fromTheTable(service) });
    }
  });
}

/** Without a place of ours, a slot of our name is somebody else's: the generated connector's, or a relay's whose place was removed. @throws StranglerError STR_SLOT_EXISTS */
export async function requireNoSlot(url: string, service: string): Promise<void> {
  const slot = outboxObject(service);
  const state = await withConnection(url, 'source', (client) => slotState(client, slot));
  if (state === undefined) return;
  throw new StranglerError({
    code: 'STR_SLOT_EXISTS', exitCode: ExitCode.environment,
    message: `The slot ${slot} exists, but the database of ${service} knows of no relay: Debezium's connector may be reading it.`,
    remedy: `Stop the connector ${connectorName(service)} and remove its slot (\`strangler relay ${service} --remove --execute\`); the relay then begins with what the table holds.`,
  });
}

export const logGone = (service: string, directory: string): StranglerError => new StranglerError({
  code: 'STR_RELAY_LOG_GONE', exitCode: ExitCode.environment,
  message: `The change log in ${directory} is not the one from which the outbox of ${service} was relayed; events that were taken from the database and not yet delivered lay there.`,
  remedy: `Bring the directory back; or, ${fromTheTable(service)}`,
});

export const fromTheTable = (service: string): string =>
  `take the relay away (\`strangler relay ${service} --remove --execute\`) and start it again: it delivers every row that is still in the table, and consumers drop by id what they have had.`;

export interface RemovedRelay { readonly what: 'slot' | 'publication' | 'place' | 'log'; readonly name: string }

/** Takes away what a relay has made; the outbox and the parked events stay. Says what was there. */
export async function removeRelay(url: string, service: string, directory: string): Promise<RemovedRelay[]> {
  const object = outboxObject(service);
  const removed = await withConnection(url, 'source', async (client) => {
    const found: RemovedRelay[] = [];
    if (await dropSlot(client, object)) found.push({ what: 'slot', name: object });
    if (await dropPublication(client, object)) found.push({ what: 'publication', name: object });
    const [there] = await textRows<'there'>(client, "SELECT to_regclass('strangler.relay') AS there");
    const gone = there?.there == null ? undefined : await client.query('DELETE FROM strangler.relay WHERE service = $1', [service]);
    if ((gone?.rowCount ?? 0) > 0) found.push({ what: 'place', name: service });
    return found;
  });
  const log = await openEmbeddedLog(directory, { readOnly: true }).catch(() => undefined);
  await log?.close();
  await rm(directory, { recursive: true, force: true });
  return log === undefined ? removed : [...removed, { what: 'log', name: directory }];
}
