import type { Finding, ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { loadCheckpoint } from '../apply/checkpoint.ts';
import { copiedTo, everyMap, tableMaps, targetsOf, type TableMap, type TableMaps } from '../apply/table-map.ts';
import { databaseOf, inDatabase, sourceRows, withBinlogSource, type BinlogSource } from '../capture/binlog-source.ts';
import { textRows, withConnection } from '../capture/connect.ts';
import { quoteName, quoteTable, tableName } from '../capture/table-ref.ts';
import { describeTables, sameKey, type TableDescription } from './describe.ts';
import type { Add } from './findings.ts';

export interface BinlogPreflightOptions {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
}

/** A source column as MariaDB's catalog has it. */
interface SourceColumn {
  readonly name: string;
  /** Without length: `datetime`. */
  readonly type: string;
  readonly generated: boolean;
  /** Place in the primary key, from 1. */
  readonly keyPart: number;
}

/** Asks MariaDB (or MySQL) and the target for everything that would stop a replication or lose a value on the way through Debezium. Changes nothing. */
export async function binlogPreflight({ name, mapping, sourceUrl, targetUrl }: BinlogPreflightOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add: Add = (severity, code, where, message, remedy) => { findings.push({ severity, code, where, message, remedy }); };
  if (mapping.log !== 'kafka' || mapping.reading !== 'keys') {
    add('error', 'STR_BINLOG_UNSUPPORTED', 'mapping', 'A source on MariaDB or MySQL is read through Debezium and Kafka, by key.', "Write log: 'kafka', reading: 'keys' in the config.");
  }
  const maps = tableMaps(inDatabase(mapping, databaseOf(sourceUrl)));
  await withBinlogSource(sourceUrl, (source) => withConnection(targetUrl, 'target', async (target) => {
    await checkServer(source, add);
    await checkFiles(source, add);
    const targets = await describeTables(target, targetsOf(maps));
    let hasDates = false;
    for (const [table, [map]] of maps) if (map !== undefined) hasDates = await checkTable(source, table, map, add) || hasDates;
    if (hasDates) await checkMode(source, add);
    for (const map of everyMap(maps)) checkTarget(map, await columnsOf(source, map), targets.get(tableName(map.target)), add);
    if (!await hasCheckpoint(target, name)) await checkEmpty(target, maps, targets, add);
  }));
  return findings;
}

const VARIABLES = { log_bin: 'ON', binlog_format: 'ROW', binlog_row_image: 'FULL' } as const;

async function checkServer(source: BinlogSource, add: Add): Promise<void> {
  const rows = await sourceRows<'Variable_name' | 'Value'>(source, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', 'version')");
  const settings = new Map(rows.map(({ Variable_name: name, Value: value }) => [name, value ?? '']));
  for (const [name, wanted] of Object.entries(VARIABLES)) {
    const value = settings.get(name) ?? '';
    if (value.toUpperCase() !== wanted) add('error', 'STR_BINLOG_SETTINGS', 'source', `The source's ${name} is '${value}': its binlog does not hold whole rows.`, `Set ${name} = ${wanted} in its configuration and restart it; sessions that are open keep the old setting.`);
  }
  if (!(settings.get('version') ?? '').includes('MariaDB')) add('warning', 'STR_MYSQL_UNTRIED', 'source', `The source is MySQL ${settings.get('version') ?? ''}: this path was tried on MariaDB only.`, 'Try it on a copy first, and compare every table.');
}

/** A date that is written as zeros later is as lost as one that is there. */
async function checkMode(source: BinlogSource, add: Add): Promise<void> {
  const [fact] = await sourceRows<'mode'>(source, 'SELECT @@GLOBAL.sql_mode AS mode');
  const modes = (fact?.mode ?? '').split(',');
  if (['NO_ZERO_DATE', 'NO_ZERO_IN_DATE'].every((mode) => modes.includes(mode)) && modes.some((mode) => mode.startsWith('STRICT_'))) return;
  add('error', 'STR_ZERO_DATE', 'source', `The source's sql_mode ('${modes.join(',')}') lets dates of zeros in, and Debezium sends them as NULL without a word.`, "SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'); no application may set its session's otherwise.");
}

/** An offset in a binlog is 32 bits: where one transaction makes a file longer, later places look like earlier ones. */
export async function checkFiles(source: BinlogSource, add: Add): Promise<void> {
  for (const { Log_name: file, File_size: size } of await sourceRows<'Log_name' | 'File_size'>(source, 'SHOW BINARY LOGS').catch(() => [])) {
    if (Number(size) >= 2 ** 32) add('error', 'STR_BINLOG_TOO_LONG', 'source', `The binlog ${file ?? ''} is longer than 4 GiB: changes in it may have been taken for old ones.`, 'Write smaller transactions, and begin anew with an empty target once the file is purged.');
  }
}

/** What Debezium 3.5 does not carry whole, or cannot parse. */
const LOSSY = new Set(['uuid', 'inet4', 'geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geometrycollection', 'vector']);
const DATES = new Set(['date', 'datetime', 'timestamp']);

async function columnsOf(source: BinlogSource, { source: { schema, table } }: TableMap): Promise<SourceColumn[]> {
  const rows = await sourceRows<'name' | 'type' | 'extra' | 'part'>(source, `SELECT c.COLUMN_NAME AS name, lower(c.DATA_TYPE) AS type, upper(c.EXTRA) AS extra, coalesce(k.SEQ_IN_INDEX, 0) AS part
    FROM information_schema.COLUMNS c LEFT JOIN information_schema.STATISTICS k ON k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME AND k.INDEX_NAME = 'PRIMARY'
    WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION`, [schema, table]);
  return rows.map(({ name, type, extra, part }) => ({ name: name ?? '', type: type ?? '', generated: (extra ?? '').includes('GENERATED'), keyPart: Number(part) }));
}

/** True when it has dates that are copied. */
async function checkTable(source: BinlogSource, where: string, map: TableMap, add: Add): Promise<boolean> {
  const columns = await columnsOf(source, map);
  if (columns.length === 0) { add('error', 'STR_TABLE_MISSING', where, `The source has no table ${where}.`, 'Correct the name in the config: `table` in the URL\'s database.'); return false; }
  const primary = columns.filter(({ keyPart }) => keyPart > 0).map(({ name }) => name);
  if (!sameKey(primary, map.sourceKey)) add('error', 'STR_KEY_MISMATCH', where, `(${map.sourceKey.join(', ')}) is not the primary key of the source's ${where} (${primary.join(', ')}).`, 'Name the primary key in the config; a table without one cannot be followed.');
  const copied = columns.filter((column) => !map.omit.has(column.name));
  // Debezium 3.5's parser stops at the type, also where the column is left out.
  for (const { name } of columns.filter(({ type }) => type === 'inet6')) add('error', 'STR_DEBEZIUM_LOSSY', `${where}.${name}`, "Debezium's MariaDB connector stops at a table with an inet6 column.", 'Convert it at the source (CHAR, BINARY).');
  for (const { name, type } of copied) {
    if (LOSSY.has(type)) add('error', 'STR_DEBEZIUM_LOSSY', `${where}.${name}`, `Debezium's MariaDB connector does not carry ${type} whole.`, `Convert it at the source (CHAR, BINARY), or leave it out (omit: ['${name}']).`);
    if (DATES.has(type)) await checkZeros(source, map, name, add);
  }
  return copied.some(({ type }) => DATES.has(type));
}

async function checkZeros(source: BinlogSource, { source: { schema, table } }: TableMap, column: string, add: Add): Promise<void> {
  const [found] = await sourceRows<'count'>(source, 'SELECT count(*) AS count FROM ??.?? WHERE ?? IS NOT NULL AND (month(??) = 0 OR dayofmonth(??) = 0)', [schema, table, column, column, column]);
  if (Number(found?.count ?? 0) > 0) add('error', 'STR_ZERO_DATE', `${table}.${column}`, `${found?.count ?? ''} rows have a date of zeros, which Debezium would send as NULL.`, 'Give them a real date or NULL first.');
}

function checkTarget(map: TableMap, columns: readonly SourceColumn[], to: TableDescription | undefined, add: Add): void {
  const where = tableName(map.target);
  if (to === undefined) { add('error', 'STR_TARGET_TABLE_MISSING', where, `The target has no table ${where}.`, "Run the service's migrations (`strangler migrate`), or correct `into` in the config."); return; }
  if (!to.arbiterKeys.some((unique) => sameKey(unique, map.key))) add('error', 'STR_TARGET_KEY_MISSING', where, `(${map.key.join(', ')}) is no primary key or unique constraint of the target's ${where} that can be checked at once.`, `ALTER TABLE ${quoteTable(map.target)} ADD PRIMARY KEY (${map.key.map(quoteName).join(', ')});`);
  const missing = columns.flatMap(({ name }) => copiedTo(map, name) ?? []).filter((name) => !to.columns.has(name));
  if (missing.length > 0) add('error', 'STR_TARGET_COLUMN_MISSING', where, `${tableName(map.source)} has columns that ${where} lacks: ${missing.join(', ')}.`, 'Add them to the target, rename them in `columns`, or leave them out with `omit`.');
}

async function hasCheckpoint(target: pg.ClientBase, name: string): Promise<boolean> {
  const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.checkpoint') AS there");
  return typeof there?.there === 'string' && await loadCheckpoint(target, name) !== undefined;
}

async function checkEmpty(target: pg.ClientBase, maps: TableMaps, targets: ReadonlyMap<string, TableDescription>, add: Add): Promise<void> {
  for (const ref of targetsOf(maps).filter((each) => targets.has(tableName(each)))) {
    const rows = await textRows<'one'>(target, `SELECT 1 AS one FROM ${quoteTable(ref)} LIMIT 1`);
    if (rows.length > 0) add('error', 'STR_TARGET_NOT_EMPTY', tableName(ref), `The target's ${tableName(ref)} has rows, and no checkpoint says where they come from.`, `If they may go: TRUNCATE ${quoteTable(ref)};`);
  }
}
