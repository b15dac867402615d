import { ExitCode, StranglerError, type ReplicationConfig, type TableMapping } from '@strangler/kernel';
import type pg from 'pg';
import { tableMaps } from '../../apply/table-map.ts';
import { textRows, withConnection } from '../../capture/connect.ts';
import { printLsn, type Lsn } from '../../capture/lsn.ts';
import { changePublication, publicationMarks } from '../../capture/publication-mark.ts';
import { requireOwnNames } from '../../capture/publication-watch.ts';
import { objectName, publishedTables } from '../../capture/slot.ts';
import { capturedTables, parseTableRef, quoteName, quoteTable, tableName, type CapturedTables } from '../../capture/table-ref.ts';
import type { CopyState } from './state.ts';

/** What is to change in the set of tables of a replication that has begun; names as the config writes them. */
export interface TableChanges {
  /** Named by the config and not yet replicated: published, copied and followed. */
  readonly add?: readonly string[];
  /** Replicated already: copied once more, in place. */
  readonly again?: readonly string[];
  /** No longer named by the config: no longer published; the rows stay. */
  readonly drop?: readonly string[];
  /** False: the added tables are equal on both sides and need not be copied. */
  readonly copy?: boolean;
}

interface Sides {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
}

/**
 * Brings publication and state to what is asked, before the stream is read: from then on a table's changes come, and are softened until its rows are there. A crash
 * between two steps leaves nothing that the next start does not go on with.
 * @returns every table whose changes may still come
 * @throws StranglerError STR_UNKNOWN_TABLE, STR_TARGET_NOT_EMPTY
 */
export async function changeTables({ name, mapping, sourceUrl, targetUrl }: Sides, { add = [], again = [], drop = [], copy = true }: TableChanges, state: CopyState, logged: Lsn): Promise<CapturedTables> {
  const configured = capturedTables(mapping);
  const [added, repeated, dropped] = [add, again, drop].map((names) => names.map((table) => tableName(parseTableRef(table)))) as [string[], string[], string[]];
  const seen = repeated.length === 0 ? new Set<string>() : await seenTables(targetUrl, name);
  await withConnection(sourceUrl, 'source', async (source) => {
    const published = await publishedTables(source, objectName(name)) ?? new Set<string>();
    const before = state.paused.size;
    requireConfigured(name, mapping, { add, again, drop });
    requireReplicated(name, repeated.filter((table) => !published.has(table) && !state.paused.has(table) && !seen.has(table)));
    const fresh = added.filter((table) => !published.has(table) && !state.copying.has(table));
    // To change the publication is to believe the names it has: no copy may be wrong by them.
    if (added.length + repeated.length + dropped.length > 0) requireOwnNames(await publicationMarks(source, objectName(name)), configured, (table) => repeated.includes(table) || state.paused.has(table));
    if (copy) await requireEmpty(targetUrl, mapping, fresh);
    if (copy) for (const table of fresh) state.begin(table, undefined);
    for (const table of repeated) { state.begin(table, printLsn(logged)); state.paused.delete(table); }
    takeOverNames(state, configured, repeated);
    for (const table of dropped) { state.copying.delete(table); if (published.has(table)) state.leaving.add(table); }
    if (added.length + repeated.length + dropped.length + before > 0) await state.save();
    await publish(source, objectName(name), published, new Set([...added, ...joining(state)].filter((table) => configured.has(table))), new Set([...state.leaving].filter((table) => !configured.has(table))));
  });
  return new Map([...configured, ...[...state.leaving].filter((table) => !configured.has(table)).map((table) => [table, { ref: parseTableRef(table), key: [], omit: new Set<string>(), leaving: true as const }] as const)]);
}

/**
 * What the config alone can tell of the changes, so that a plan can tell it too.
 * @throws StranglerError STR_UNKNOWN_TABLE, STR_USAGE
 */
export function requireConfigured(name: string, mapping: ReplicationConfig, { add = [], again = [], drop = [] }: TableChanges): void {
  if (mapping.log === 'kafka') throw notOnKafka(name);
  const configured = capturedTables(mapping);
  const named = (table: string): boolean => configured.has(tableName(parseTableRef(table)));
  requireKnown('add', add.filter((table) => !named(table)), 'the config does not name it', 'Write it into the config first.');
  requireReplicated(name, again.filter((table) => !named(table)));
  requireKnown('drop', drop.filter(named), 'the config still names it', 'Take it out of the config first.');
}

const notOnKafka = (name: string): StranglerError => new StranglerError({
  code: 'STR_USAGE', message: `${name} reads Kafka: tables join and leave at the connector there.`,
  remedy: 'Change the config, `strangler connect apply`, and let Debezium take an incremental snapshot of the table (its signal table).',
});

const requireReplicated = (name: string, missing: readonly string[]): void => {
  requireKnown('copy again', missing, `it is not replicated by ${name}`, 'Only a table that is replicated can be copied again; --add-table adds one.');
};

/** A paused table that the config has let go is nobody's any more; under its new name it is as paused as before, until it is copied again. */
function takeOverNames({ paused }: CopyState, configured: CapturedTables, again: readonly string[]): void {
  for (const [table, { now, ...why }] of [...paused]) {
    if (configured.has(table)) continue;
    paused.delete(table);
    if (now !== undefined && configured.has(now) && !again.includes(now)) paused.set(now, why);
  }
}

/** What a first snapshot left over is published since before it: a publication that somebody has altered since must not be taken as mended. */
const joining = ({ copying }: CopyState): string[] => [...copying].flatMap(([table, { progress }]) => progress.ofSnapshot === true ? [] : [table]);

/** What an earlier run began is completed here too. */
async function publish(source: pg.ClientBase, publication: string, published: ReadonlySet<string>, wanted: ReadonlySet<string>, unwanted: ReadonlySet<string>): Promise<void> {
  const statements = ([['ADD', wanted.difference(published)], ['DROP', unwanted.intersection(published)]] as const).filter(([, tables]) => tables.size > 0).map(([verb, tables]) =>
    `ALTER PUBLICATION ${quoteName(publication)} ${verb} TABLE ${[...tables].map((table) => quoteTable(parseTableRef(table))).join(', ')}`);
  // Also without a statement: a table that is copied again mends what an alteration by others has done to it.
  if (statements.length > 0 || wanted.size > 0) await changePublication(source, publication, statements);
}

/** Tables of which the target has had rows from this replication: somebody may have taken one out of the publication since. */
async function seenTables(targetUrl: string, name: string): Promise<ReadonlySet<string>> {
  return withConnection(targetUrl, 'target', async (target) => {
    const rows = await textRows<'table'>(target, 'SELECT source_table AS table FROM strangler.source_table WHERE replication = $1', [name]);
    return new Set(rows.map(({ table }) => table));
  });
}

function requireKnown(verb: string, tables: readonly string[], why: string, remedy: string): void {
  if (tables.length === 0) return;
  throw new StranglerError({ code: 'STR_UNKNOWN_TABLE', message: `Cannot ${verb} ${tables.join(', ')}: ${why}.`, remedy });
}

async function requireEmpty(targetUrl: string, mapping: ReplicationConfig, tables: readonly string[]): Promise<void> {
  const maps = tableMaps(mapping);
  await withConnection(targetUrl, 'target', async (target) => {
    for (const into of new Map(tables.flatMap((table) => maps.get(table) ?? []).filter(({ discriminator, added }) => discriminator === undefined && added === undefined).map((map) => [tableName(map.target), map.target])).values()) {
      const rows = await textRows<'one'>(target, `SELECT 1 AS one FROM ${quoteTable(into)} LIMIT 1`);
      if (rows.length === 0) continue;
      throw new StranglerError({
        code: 'STR_TARGET_NOT_EMPTY', exitCode: ExitCode.environment, message: `The target's ${tableName(into)} has rows, and no checkpoint says where they come from.`,
        remedy: `If they may go: TRUNCATE ${quoteTable(into)}; if both sides are equal already and nobody writes: --no-copy.`,
      });
    }
  });
}

/** Mappings under which a row of the source is a row of the target with other names at most, by captured table. */
export const plainMappings = ({ tables }: ReplicationConfig): ReadonlyMap<string, TableMapping> => new Map(Object.entries(tables)
  .filter(([, mapping]) => Object.keys(mapping).every((field) => ['key', 'into', 'columns', 'omit'].includes(field)) && Object.values(tables).filter(({ into }) => into !== undefined && into === mapping.into).length <= 1)
  .map(([name, mapping]) => [tableName(parseTableRef(name)), { ...mapping, into: mapping.into ?? name }]));
