import { tableParts, type Finding, type ReplicationConfig, type TablePart } from '@strangler/kernel';
import type pg from 'pg';
import { loadCheckpoint } from '../apply/checkpoint.ts';
import { copiedTo, everyMap, tableMaps, targetsOf, type TableMap, type TableMaps } from '../apply/table-map.ts';
import type { TableRef } from '../capture/change-event.ts';
import { isBinlogUrl } from '../capture/binlog-url.ts';
import { textRows, withConnection, type Side } from '../capture/connect.ts';
import { foreignSlot, objectName, slotState, type SlotState } from '../capture/slot.ts';
import { judgeSlotRoom, slotRoom, SPARE } from '../capture/slot-room.ts';
import { keepsSpare, spareSlotName } from '../capture/spare-slot.ts';
import { quoteName, quoteTable, tableName } from '../capture/table-ref.ts';
import { ORIGIN_SINCE } from '../capture/wal.ts';
import { binlogPreflight } from './binlog-preflight.ts';
import { checkDebezium } from './check-debezium.ts';
import { checkExtensions } from './check-extensions.ts';
import { checkTransforms } from './check-transforms.ts';
import type { Add } from './findings.ts';
import { describeTables, sameKey, type TableDescription } from './describe.ts';

export interface PreflightOptions {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** With 'now' the target is expected to hold the rows already. */
  readonly startFrom?: 'snapshot' | 'now';
}

/** Looks at both databases and reports everything that would stop this replication or make it unsafe, each with what mends it. Changes nothing. */
export async function preflight(options: PreflightOptions): Promise<Finding[]> {
  return isBinlogUrl(options.sourceUrl) ? binlogPreflight(options) : walPreflight(options);
}

async function walPreflight({ name, mapping, sourceUrl, targetUrl, startFrom = 'snapshot' }: PreflightOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add: Add = (severity, code, where, message, remedy) => { findings.push({ severity, code, where, message, remedy }); };
  const maps = tableMaps(mapping);
  await withConnection(sourceUrl, 'source', (source) => withConnection(targetUrl, 'target', async (target) => {
    const started = await hasCheckpoint(target, name, add);
    const longest = keepsSpare(mapping) ? spareSlotName(name) : objectName(name);
    if (longest.length > 63) add('error', 'STR_NAME_TOO_LONG', 'name', `The slot's name ${longest} is longer than PostgreSQL's 63 characters.`, 'Give the replication a shorter name.');
    await checkServer(source, target, { name, mapping }, started, add);
    await checkTarget(target, add);
    await checkOwnership(source, maps, add);
    const from = sourcesOf(maps);
    await checkKinds(source, from, 'source', add);
    await checkKinds(target, targetsOf(maps), 'target', add);
    const [sources, targets] = [await describeTables(source, from), await describeTables(target, targetsOf(maps))];
    for (const [name, [map]] of maps) if (map !== undefined) checkSourceTable(map, mapping.tables, sources.get(name), add);
    for (const map of everyMap(maps)) checkTargetTable(map, maps, sources, targets.get(tableName(map.target)), add);
    await checkExtensions({ source, target, maps, sources, targets }, add);
    await checkTransforms({ source, target, maps, sources, targets }, add);
    if (!started && startFrom === 'snapshot' && await ownsItsRows(source, maps, add)) await checkEmpty(target, maps, targets, add);
    await checkCasts(target, maps, sources, targets, add);
    if (mapping.log === 'kafka') await checkDebezium(source, mapping, add);
  }));
  return findings;
}

const sourcesOf = (maps: TableMaps): TableRef[] => [...maps.values()].flatMap(([map]) => map === undefined ? [] : [map.source]);

async function hasCheckpoint(target: pg.ClientBase, name: string, add: Add): Promise<boolean> {
  const [there] = await textRows<'mine'>(target, `SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
    AND has_table_privilege(c.oid, 'UPDATE') AS mine FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'strangler' AND c.relname = 'checkpoint'`);
  if (there === undefined) return false;
  if (there.mine === 't') return await loadCheckpoint(target, name) !== undefined;
  add('error', 'STR_NO_CHECKPOINT_PRIVILEGE', 'target', 'This user may not read and write the checkpoints of the target.', 'GRANT USAGE ON SCHEMA strangler TO CURRENT_USER; GRANT SELECT, INSERT, UPDATE ON strangler.checkpoint TO CURRENT_USER; as their owner.');
  return false;
}

const SERVER = `SELECT current_setting('wal_level') AS wal_level, current_setting('server_version_num')::int AS version,
  current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots) AS free_slots,
  current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication) AS free_senders, current_user AS who,
  (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user) AS may_replicate, has_database_privilege(current_database(), 'CREATE') AS may_create,
  (SELECT count(*) FROM pg_subscription_rel) AS subscribed, current_setting('max_slot_wal_keep_size') AS keep, current_database() AS database`;
type ServerFact = 'wal_level' | 'version' | 'free_slots' | 'free_senders' | 'who' | 'may_replicate' | 'may_create' | 'subscribed' | 'keep' | 'database';

type Fact = Record<ServerFact, string>;

async function checkServer(source: pg.ClientBase, target: pg.ClientBase, { name, mapping }: Pick<PreflightOptions, 'name' | 'mapping'>, started: boolean, add: Add): Promise<void> {
  const [fact] = await textRows<ServerFact>(source, SERVER);
  if (fact === undefined) return;
  checkRights(fact, add);
  const slots = [objectName(name), ...(keepsSpare(mapping) ? [spareSlotName(name)] : [])];
  const states = await Promise.all(slots.map((slot) => slotState(source, slot)));
  checkRoom(fact, name, states, started, add);
  for (const slot of slots) {
    const room = await slotRoom(source, slot);
    // Never an error here: the way to make room is to start this very reader.
    for (const { code, where, message, remedy } of judgeSlotRoom(room, slot === objectName(name) ? undefined : SPARE)) add('warning', code, where ?? 'source', message, remedy ?? '');
  }
  if (Number(fact.version) < ORIGIN_SINCE) await checkOldServer(source, target, name, add);
  else if (Number(fact.subscribed) > 0) add('warning', 'STR_SUBSCRIBER', 'source', 'The source itself receives tables by logical replication: rows that come that way are not passed on.', 'Replicate those tables from where they are written.');
}

function checkRights(fact: Fact, add: Add): void {
  if (fact.wal_level !== 'logical') add('error', 'STR_WAL_LEVEL', 'source', `The source's wal_level is '${fact.wal_level}': its log does not hold what changed.`, 'ALTER SYSTEM SET wal_level = logical; then restart the server.');
  if (fact.may_replicate !== 't') add('error', 'STR_NO_REPLICATION_PRIVILEGE', 'source', `${fact.who} may not read the source's log.`, `ALTER ROLE ${quoteName(fact.who)} REPLICATION;`);
  if (fact.may_create !== 't') add('error', 'STR_NO_CREATE_PRIVILEGE', 'source', `${fact.who} may not create a publication on the source.`, `GRANT CREATE ON DATABASE ${quoteName(fact.database)} TO ${quoteName(fact.who)};`);
}

/** @param slots of the replication itself, and the spare one where it has one */
function checkRoom(fact: Fact, name: string, [slot, ...spare]: readonly (SlotState | undefined)[], started: boolean, add: Add): void {
  const wanted = [slot, ...spare].filter((one) => one === undefined).length;
  if (Number(fact.free_slots) < wanted) add('error', 'STR_NO_FREE_SLOT', 'source', `The source has ${Number(fact.free_slots) < 1 ? 'no free replication slot' : 'one free replication slot, and two are needed: one to read from, one that keeps what was read until it is applied'}.`, 'Drop a slot nobody reads (SELECT * FROM pg_replication_slots WHERE NOT active), or raise max_replication_slots and restart.');
  if ((slot?.activePid ?? null) === null && Number(fact.free_senders) < 1) add('error', 'STR_NO_FREE_WAL_SENDER', 'source', 'The source has no free WAL sender.', 'ALTER SYSTEM SET max_wal_senders = 10; then restart the server.');
  if (slot !== undefined) checkSlot(fact, name, slot, started, add);
  if (fact.keep === '-1') add('note', 'STR_WAL_UNLIMITED', 'source', "max_slot_wal_keep_size is unlimited: a reader that stands still fills the source's disk with WAL.", "ALTER SYSTEM SET max_slot_wal_keep_size = '20GB'; SELECT pg_reload_conf();");
  else add('note', 'STR_WAL_LIMITED', 'source', `max_slot_wal_keep_size is ${fact.keep}: a reader that stands still longer loses its slot and needs a new snapshot.`, 'Good against a full disk; watch the lag.');
}

function checkSlot({ database }: Fact, name: string, slot: SlotState, started: boolean, add: Add): void {
  if (slot.database !== database) {
    const { code, message, remedy } = foreignSlot(objectName(name), slot.database);
    add('error', code, 'source', message, remedy);
  } else if (!started) {
    add('error', 'STR_SLOT_EXISTS', 'source', `The slot ${objectName(name)} exists, but this target has no checkpoint of ${name}: it belongs to another target, or to one that is gone.`, `If nobody needs it: SELECT pg_drop_replication_slot('${objectName(name)}');`);
  }
}

/** Before PostgreSQL 16 a reader cannot leave out what a replication wrote: two directions at once would echo for ever. */
async function checkOldServer(source: pg.ClientBase, target: pg.ClientBase, name: string, add: Add): Promise<void> {
  for (const [side, client] of [['source', source], ['target', target]] as const) {
    const others = await textRows<'name'>(client, side === 'source'
      ? "SELECT roname AS name FROM pg_replication_origin WHERE roname LIKE 'strangler\\_%' AND roname <> $1"
      : "SELECT slot_name AS name FROM pg_replication_slots WHERE slot_name LIKE 'strangler\\_%' AND slot_name <> $1 AND database = current_database()", [objectName(name)]);
    if (others.length > 0) {
      add('error', 'STR_ORIGIN_UNSUPPORTED', side, `The source runs a PostgreSQL older than 16, which cannot tell our own writes apart, and a replication the other way exists (${others.map((other) => other.name).join(', ')}): they would echo.`, 'Remove the other direction, or upgrade to PostgreSQL 16.');
    }
  }
}

async function checkTarget(target: pg.ClientBase, add: Add): Promise<void> {
  const [fact] = await textRows<'who' | 'role' | 'origin' | 'create' | 'database'>(target, `SELECT current_user AS who, has_parameter_privilege('session_replication_role', 'SET') AS role,
    has_function_privilege('pg_replication_origin_session_setup(text)', 'EXECUTE') AND has_function_privilege('pg_replication_origin_create(text)', 'EXECUTE') AS origin,
    has_database_privilege(current_database(), 'CREATE') OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'strangler') AS create, current_database() AS database`);
  if (fact === undefined) return;
  const who = quoteName(fact.who);
  if (fact.role !== 't') add('error', 'STR_NO_REPLICA_ROLE', 'target', `${fact.who} may not set session_replication_role: the target's triggers would rewrite copied rows.`, `GRANT SET ON PARAMETER session_replication_role TO ${who};`);
  if (fact.origin !== 't') add('error', 'STR_NO_ORIGIN_PRIVILEGE', 'target', `${fact.who} may not mark its writes with a replication origin: two directions would echo.`, `GRANT EXECUTE ON FUNCTION pg_replication_origin_create(text), pg_replication_origin_session_setup(text) TO ${who};`);
  if (fact.create !== 't') add('error', 'STR_NO_CREATE_PRIVILEGE', 'target', `${fact.who} may not create the schema 'strangler' for the checkpoint.`, `GRANT CREATE ON DATABASE ${quoteName(fact.database)} TO ${who};`);
}

/** Only its owner may publish a table. */
async function checkOwnership(source: pg.ClientBase, maps: TableMaps, add: Add): Promise<void> {
  const refs = sourcesOf(maps);
  const foreign = await textRows<'schema' | 'table' | 'owner'>(source, `SELECT n.nspname AS schema, c.relname AS table, pg_get_userbyid(c.relowner) AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND NOT pg_has_role(c.relowner, 'USAGE')`, [refs.map(({ schema }) => schema), refs.map(({ table }) => table)]);
  for (const ref of foreign) {
    add('error', 'STR_NOT_TABLE_OWNER', tableName(ref), `The source's ${tableName(ref)} belongs to ${ref.owner}, and only its owner may publish it.`, `GRANT ${quoteName(ref.owner)} TO CURRENT_USER; as ${ref.owner} or a superuser, or connect as ${ref.owner}.`);
  }
}

type Kind = 'schema' | 'table' | 'unlogged' | 'secured' | 'heirs' | 'partitioned';

/** Kinds of tables whose changes the WAL does not tell, or not all of them. */
async function checkKinds(client: pg.ClientBase, refs: readonly TableRef[], side: Side, add: Add): Promise<void> {
  const kinds = await textRows<Kind>(client, `SELECT n.nspname AS schema, c.relname AS table, c.relpersistence = 'u' AS unlogged, c.relkind = 'p' AS partitioned, row_security_active(c.oid) AS secured,
      (SELECT string_agg(h.inhrelid::regclass::text, ', ') FROM pg_inherits h WHERE h.inhparent = c.oid AND c.relkind = 'r') AS heirs
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))`, [refs.map(({ schema }) => schema), refs.map(({ table }) => table)]);
  for (const kind of kinds) {
    const where = tableName(kind);
    if (kind.unlogged === 't') add('error', 'STR_TABLE_UNLOGGED', where, `The ${side}'s ${where} is UNLOGGED: ${side === 'source' ? 'its changes are not in the log' : 'a crash of the server empties it, and nobody would copy it again'}.`, `ALTER TABLE ${quoteTable(kind)} SET LOGGED;`);
    if (kind.secured === 't') add('error', 'STR_ROW_SECURITY', where, `Row policies hide rows of the ${side}'s ${where} from this user.`, 'Connect as a role with BYPASSRLS, or as an owner without FORCE ROW LEVEL SECURITY.');
    if (side === 'target') continue;
    if ((kind.heirs as string | null) !== null) add('error', 'STR_TABLE_INHERITED', where, `Other tables inherit from the source's ${where} (${kind.heirs}): a query of it shows their rows, the log does not tell them apart.`, 'Make it a partitioned table, or give the heirs tables of their own.');
    if (kind.partitioned === 't') add('warning', 'STR_TABLE_PARTITIONED', where, `The source's ${where} is partitioned: rows are copied under its name, but TRUNCATE, DETACH or DROP of a single partition is not in the log.`, 'Meanwhile empty partitions with DELETE, or do the same on the target by hand; `strangler verify` finds what differs.');
  }
}

/** After a cut-over the other side owns the rows: a new copy from here would begin by asking for the owner's tables to be emptied. */
async function ownsItsRows(source: pg.ClientBase, maps: TableMaps, add: Add): Promise<boolean> {
  const refs = sourcesOf(maps);
  const fenced = await textRows<'schema' | 'table' | 'owner'>(source, `SELECT n.nspname AS schema, c.relname AS table, convert_from(substring(t.tgargs FOR length(t.tgargs) - 1), 'UTF8') AS owner
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE t.tgname = 'strangler_fence' AND t.tgenabled <> 'D' AND (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))`, [refs.map(({ schema }) => schema), refs.map(({ table }) => table)]);
  for (const ref of fenced) {
    add('error', 'STR_SOURCE_NOT_OWNER', tableName(ref), `The source's ${tableName(ref)} is fenced: ${ref.owner} owns its rows since a cut-over, and a copy made from here would replace them by older ones.`,
      `Empty nothing at ${ref.owner}. Cut over back first, or copy in the other direction.`);
  }
  return fenced.length === 0;
}

function checkSourceTable({ source }: TableMap, tables: ReplicationConfig['tables'], from: TableDescription | undefined, add: Add): void {
  const where = tableName(source);
  if (from === undefined) { add('error', 'STR_TABLE_MISSING', where, `The source has no table ${where}.`, 'Correct the name in the config: `schema.table`, or `table` in public.'); return; }
  const configured = Object.entries(tables).find(([name]) => name === where || `public.${name}` === where)?.[1] ?? { key: [] };
  for (const part of tableParts(where, configured)) checkNames(where, part, from, add);
  checkKey(source, configured.key, from, add);
}

function checkNames(where: string, { key, omit = [], columns = {} }: TablePart & { readonly key: readonly string[] }, from: TableDescription, add: Add): void {
  const unknown = [...key, ...omit, ...Object.keys(columns)].filter((column) => !from.columns.has(column));
  if (unknown.length > 0) add('error', 'STR_COLUMN_MISSING', where, `The config names columns the source's ${where} does not have: ${unknown.join(', ')}.`, 'Correct the names.');
  const omittedKey = key.filter((column) => omit.includes(column));
  if (omittedKey.length > 0) add('error', 'STR_KEY_OMITTED', where, `Key columns cannot be omitted: ${omittedKey.join(', ')}.`, 'Copy them.');
}

function checkKey(source: TableRef, key: readonly string[], from: TableDescription, add: Add): void {
  const where = tableName(source);
  const { primaryKey: primary } = from;
  if (!from.uniqueKeys.some((unique) => sameKey(unique, key))) {
    const [said, remedy] = primary === undefined
      ? ['it has no primary key', `ALTER TABLE ${quoteTable(source)} ADD PRIMARY KEY (${key.map(quoteName).join(', ')});`]
      : [`its primary key is (${primary.join(', ')})`, `Write key: [${primary.map((column) => `'${column}'`).join(', ')}] in the config.`];
    add('error', 'STR_KEY_MISMATCH', where, `(${key.join(', ')}) is not a unique key of the source's ${where}: ${said}.`, remedy);
  }
  if (!key.every((column) => from.identity.includes(column))) {
    add('error', 'STR_REPLICA_IDENTITY', where, `The source's log will not carry (${key.join(', ')}) of a changed or deleted row of ${where} (replica identity ${from.identityKind}); publishing it would even make the application's own updates fail.`,
      `ALTER TABLE ${quoteTable(source)} REPLICA IDENTITY ${primary !== undefined && sameKey(primary, key) ? 'DEFAULT' : 'FULL'};`);
  }
}

/** Every column a mapping fills in its target. */
function filledBy(map: TableMap, from: TableDescription | undefined): string[] {
  const copied = [...from?.columns ?? []].flatMap(([name, { generated }]) => generated ? [] : copiedTo(map, name) ?? []);
  return [...copied, ...Object.keys(map.compute), ...Object.keys(map.discriminator ?? {})];
}

function checkTargetTable(map: TableMap, maps: TableMaps, sources: ReadonlyMap<string, TableDescription>, to: TableDescription | undefined, add: Add): void {
  const { source, target, key } = map;
  const where = tableName(target);
  const from = sources.get(tableName(source));
  if (to === undefined) { add('error', 'STR_TARGET_TABLE_MISSING', where, `The target has no table ${where}.`, "Run the service's migrations (`strangler migrate`), or correct `into` in the config."); return; }
  if (!to.arbiterKeys.some((unique) => sameKey(unique, key))) add('error', 'STR_TARGET_KEY_MISSING', where, `(${key.join(', ')}) is no primary key or unique constraint of the target's ${where} that can be checked at once.`, `ALTER TABLE ${quoteTable(target)} ADD PRIMARY KEY (${key.map(quoteName).join(', ')});`);
  if (from === undefined) return;
  const sent = filledBy(map, from);
  const missing = sent.filter((name) => !to.columns.has(name));
  if (missing.length > 0) add('error', 'STR_TARGET_COLUMN_MISSING', where, `${tableName(source)} has columns that ${where} lacks: ${missing.join(', ')}.`, `Add them to the target, rename them in \`columns\`, or leave them out with \`omit\`.`);
  // Rows and what is added to them may come in either order, so each must be able to stand alone.
  const unfilled = [...to.columns].filter(([name, { required }]) => required && !sent.includes(name)).map(([name]) => name);
  const elsewhere = everyMap(maps).filter((other) => other !== map && tableName(other.target) === where).flatMap((other) => filledBy(other, sources.get(tableName(other.source))));
  if (unfilled.length > 0) {
    add('error', 'STR_TARGET_COLUMN_UNFILLED', where, `${where} needs columns ${unfilled.some((name) => elsewhere.includes(name)) ? `that a row of ${tableName(source)} alone does not fill` : 'the source does not send'}: ${unfilled.join(', ')}.`,
      `Give each a default or let it be NULL, for example ALTER TABLE ${quoteTable(target)} ALTER COLUMN ${quoteName(unfilled[0] ?? '')} DROP NOT NULL;`);
  }
  const locked = sent.filter((name) => to.columns.get(name)?.identityAlways === true && !key.includes(name));
  if (locked.length > 0) add('error', 'STR_TARGET_IDENTITY', where, `The target computes ${locked.join(', ')} itself (GENERATED ALWAYS AS IDENTITY), so a copied value cannot be updated.`, `ALTER TABLE ${quoteTable(target)} ALTER COLUMN ${quoteName(locked[0] ?? '')} SET GENERATED BY DEFAULT;`);
}

async function checkEmpty(target: pg.ClientBase, maps: TableMaps, targets: ReadonlyMap<string, TableDescription>, add: Add): Promise<void> {
  for (const ref of targetsOf(maps)) {
    if (!targets.has(tableName(ref))) continue;
    const rows = await textRows<'one'>(target, `SELECT 1 AS one FROM ${quoteTable(ref)} LIMIT 1`).catch(() => undefined);
    if (rows === undefined) add('error', 'STR_TARGET_UNREADABLE', tableName(ref), `The target's ${tableName(ref)} cannot be read.`, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quoteTable(ref)} TO CURRENT_USER;`);
    else if (rows.length > 0) add('error', 'STR_TARGET_NOT_EMPTY', tableName(ref), `The target's ${tableName(ref)} has rows, and no checkpoint says where they come from.`, `If they may go: TRUNCATE ${quoteTable(ref)}; if they are the source's already, start from 'now'.`);
  }
}

/** Values travel as text, so a target type fits when it reads what the source's type prints. An example of each value is not at hand; families are. */
async function checkCasts(target: pg.ClientBase, maps: TableMaps, sources: ReadonlyMap<string, TableDescription>, targets: ReadonlyMap<string, TableDescription>, add: Add): Promise<void> {
  const wanted = everyMap(maps).flatMap((map) => castsOf(map, sources.get(tableName(map.source)), targets.get(tableName(map.target))));
  if (wanted.length === 0) return;
  const known = await textRows<'position'>(target, `SELECT w.ordinality AS position FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(from_type, to_type, ordinality)
    WHERE to_regtype(w.from_type) IS NOT NULL AND to_regtype(w.to_type) IS NOT NULL AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = to_regtype(w.to_type) AND t.typcategory = 'S')
      AND to_regtype(w.from_type) <> to_regtype(w.to_type) AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid IN (to_regtype(w.from_type), to_regtype(w.to_type)) AND t.typtype IN ('d', 'e'))
      AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = to_regtype(w.from_type) AND t.typcategory = 'S')
      AND NOT EXISTS (SELECT FROM pg_cast c WHERE c.castsource = to_regtype(w.from_type) AND c.casttarget = to_regtype(w.to_type))`, [wanted.map(({ from }) => from), wanted.map(({ to }) => to)]);
  for (const { position } of known) {
    const cast = wanted[Number(position) - 1];
    if (cast !== undefined) add('error', 'STR_TYPE_MISMATCH', cast.where, `${cast.where} is ${cast.from} in the source and ${cast.to} in the target: one does not become the other.`, 'Give the target column a type that reads what the source prints (its own type, or text).');
  }
}

const castsOf = (map: TableMap, from: TableDescription | undefined, to: TableDescription | undefined): { where: string; from: string; to: string }[] =>
  [...from?.columns ?? []].flatMap(([name, column]) => {
    const copied = copiedTo(map, name);
    const into = copied === undefined || map.values[name] !== undefined ? undefined : to?.columns.get(copied);
    return into === undefined || column.generated || into.generated ? [] : [{ where: `${tableName(map.target)}.${copied ?? ''}`, from: column.type, to: into.type }];
  });
