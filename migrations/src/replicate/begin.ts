import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { ExitCode, FindingsError, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { Applier } from '../apply/applier.ts';
import { loadCheckpoint, noteSnapshot, startCheckpoint, type Checkpoint } from '../apply/checkpoint.ts';
import { openApplySession } from '../apply/session.ts';
import { readShapes, shapeStatement } from '../apply/source-schema.ts';
import { tableMaps, targetsOf, type TableMaps } from '../apply/table-map.ts';
import { withConnection } from '../capture/connect.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import { ReplicationSession, type SlotSnapshot } from '../capture/replication-session.ts';
import { ensureSpareSlot, keepsSpare, spareSlotName } from '../capture/spare-slot.ts';
import { createSlotNow, dropSlot, ensurePublication, objectName, requireSlot, slotState } from '../capture/slot.ts';
import { capturedTables, quoteTable, type CapturedTables } from '../capture/table-ref.ts';
import { openEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from '../log/embedded-log.ts';
import { pauseWhatLeft, withoutPaused } from './paused.ts';
import { preflight } from './preflight.ts';
import { leaveSnapshot } from './resume.ts';
import { changeTables, plainMappings, type TableChanges } from './table-copy/change-tables.ts';
import { TableCopies } from './table-copy/copies.ts';
import { CopyState } from './table-copy/state.ts';
import type { ReplicationConfig } from '@strangler/kernel';

export interface BeginOptions {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly startFrom?: 'snapshot' | 'now';
  readonly log?: EmbeddedLogOptions;
  /** Tables to take in, out, or to copy once more, where it has begun already. */
  readonly changes?: TableChanges;
}

/** All that a running replication holds: the applier's session (and with it the lock), the log, and the snapshot that is still to be read. */
export interface Beginning {
  readonly slot: string;
  readonly tables: CapturedTables;
  readonly maps: TableMaps;
  /** Tables that join or leave while the stream goes on. */
  readonly copies: TableCopies;
  readonly log: EmbeddedLog;
  readonly applier: Applier;
  readonly checkpoint: Checkpoint;
  /** The slot's consistent point, where a snapshot is not yet applied in full. */
  readonly snapshotLsn?: Lsn;
  readonly snapshot?: { readonly session: ReplicationSession; readonly slot: SlotSnapshot };
}

/** Takes the lock, reads the checkpoint, and goes on from there, or begins from nothing. */
export async function begin(options: BeginOptions, directory: string): Promise<Beginning> {
  const client = await openApplySession(options.targetUrl, options.name);
  let log: EmbeddedLog | undefined;
  try {
    const state = await CopyState.load(directory);
    if ((await loadCheckpoint(client, options.name))?.phase === 'streaming') await pauseWhatLeft(state, options);
    await requireReady({ ...options, mapping: withoutPaused(options.mapping, state.paused) });
    if (options.startFrom === 'now') await prepare(client, options);
    const before = await loadCheckpoint(client, options.name);
    log = await openLog(before, directory, options.log);
    if (before !== undefined && await goesOn(options, before, log, directory)) return await hold(client, options, log, undefined, directory);
    await log.close();
    log = await emptyLog(before, directory, options.log);
    return await hold(client, options, log, await startSnapshot(client, options, log.id, before), directory);
  } catch (error) {
    await log?.close();
    await client.end().catch(() => undefined);
    throw error;
  }
}

export async function requireReady(options: BeginOptions): Promise<void> {
  const errors = (await preflight(options)).filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new FindingsError({
    code: 'STR_PREFLIGHT',
    message: `${options.name} cannot run yet: ${errors.length === 1 ? 'one thing is' : `${String(errors.length)} things are`} missing.`,
    remedy: 'Mend each of them; `strangler doctor` shows the same for every replication.',
    exitCode: ExitCode.environment,
  }, errors);
}

async function hold(client: pg.Client, options: BeginOptions, log: EmbeddedLog, snapshot: Beginning['snapshot'], directory: string): Promise<Beginning> {
  const { name, mapping, targetUrl } = options;
  const maps = tableMaps(mapping);
  const state = await CopyState.load(directory);
  // A first snapshot copies all tables of the config.
  const tables = snapshot === undefined ? await changeTables(options, options.changes ?? {}, state, log.durable()) : capturedTables(mapping);
  const applier = await Applier.open({ targetUrl, replication: name, maps, mode: 'strict' }, client);
  const checkpoint = await loadCheckpoint(client, name);
  if (checkpoint === undefined) throw new Error(`the checkpoint of ${name} is gone`);
  return {
    slot: objectName(name), tables, copies: new TableCopies(state, tables, plainMappings(mapping)), maps, log, applier, checkpoint,
    ...(checkpoint.phase !== 'snapshotting' || checkpoint.snapshotLsn === undefined ? {} : { snapshotLsn: checkpoint.snapshotLsn }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

/** A checkpoint that was prepared without a log adopts a new one; any other insists on the log it was fed from. */
async function openLog(checkpoint: Checkpoint | undefined, directory: string, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
  if (checkpoint === undefined || checkpoint.phase === 'starting' || checkpoint.logId === undefined) await setAside(directory);
  return openEmbeddedLog(directory, options);
}

/** True when the target, the log and the slot fit together, so that nothing has to be copied again. */
async function goesOn(options: BeginOptions, checkpoint: Checkpoint, log: EmbeddedLog, directory: string): Promise<boolean> {
  const { name, sourceUrl, targetUrl } = options;
  if (checkpoint.phase === 'starting') return false;
  if (checkpoint.logId === undefined) {
    await log.advance(checkpoint.lsn);
    await withConnection(targetUrl, 'target', (client) => client.query('UPDATE strangler.checkpoint SET log_id = $2 WHERE replication = $1', [name, log.id]));
  } else if (checkpoint.phase === 'snapshotting') {
    if (checkpoint.snapshotLsn === undefined || log.id !== checkpoint.logId) return false;
    if (log.durable() < checkpoint.snapshotLsn && !await leaveSnapshot(options, checkpoint.snapshotLsn, log, directory)) return false;
  } else if (checkpoint.logId !== log.id) {
    throw wrongLog(name);
  }
  await withConnection(sourceUrl, 'source', async (client) => { requireSlot(objectName(name), await slotState(client, objectName(name)), log.durable()); });
  return true;
}

/** The history of an earlier snapshot cannot be continued, but may still be wanted: it is moved, not removed. Half a snapshot that cannot be continued is of no use to anybody. */
async function emptyLog(before: Checkpoint | undefined, directory: string, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
  if (before?.phase === 'snapshotting') await rm(directory, { recursive: true, force: true });
  else await setAside(directory);
  return openEmbeddedLog(directory, options);
}

async function setAside(directory: string): Promise<void> {
  const files = await readdir(directory).catch((): string[] => []);
  if (files.some((file) => /^[0-9A-F]{16}\.log$/.test(file))) await rename(directory, `${directory}.before-${randomUUID().slice(0, 8)}`);
  else if (files.includes('log.json') || files.includes('progress')) await rm(directory, { recursive: true, force: true });
}

/** The checkpoint row comes first: whatever is half done after a crash, it says that it may be thrown away. */
export async function startSnapshot(target: pg.Client, { name, mapping, sourceUrl }: BeginOptions, logId: string, before: Checkpoint | undefined): Promise<NonNullable<Beginning['snapshot']>> {
  const slot = objectName(name);
  const tables = capturedTables(mapping);
  if (before?.phase === 'snapshotting') {
    const targets = targetsOf(tableMaps(mapping)).map(quoteTable);
    await target.query(['BEGIN', ...targets.map((table) => `DELETE FROM ${table}`), 'COMMIT'].join('; '));
  }
  await startCheckpoint(target, name, 'snapshotting', logId, LSN_ZERO);
  await withConnection(sourceUrl, 'source', async (source) => {
    await noteShapes(source, target, name, mapping);
    await dropSlot(source, slot);
    await dropSlot(source, spareSlotName(name));
    await ensurePublication(source, slot, tables);
  });
  const session = await ReplicationSession.open(sourceUrl);
  try {
    const created = await session.createSlot(slot);
    await noteSnapshot(target, name, created.consistentPoint);
    return { session, slot: created };
  } catch (error) {
    await session.close(Date.now());
    throw error;
  }
}

/**
 * Creates publication, slot and checkpoint from this moment on, for a target that already equals the source: the way back, before a cut-over flips. From its return
 * on nothing the source commits can be missed; `replicate` with the same name goes on from here. Harmless when it is already there.
 * @returns the position from which changes will be applied
 */
export async function prepareReplication(options: BeginOptions): Promise<Lsn> {
  const known = await withConnection(options.targetUrl, 'target', async (client) => {
    const [there] = (await client.query<{ there: string | null }>("SELECT to_regclass('strangler.checkpoint') AS there")).rows;
    return there?.there === null ? undefined : loadCheckpoint(client, options.name);
  });
  if (known?.phase === 'streaming') {
    await withConnection(options.sourceUrl, 'source', async (client) => {
      const state = await slotState(client, objectName(options.name));
      requireSlot(objectName(options.name), state, state?.confirmed ?? LSN_ZERO);
    });
    return known.lsn;
  }
  const client = await openApplySession(options.targetUrl, options.name);
  try {
    await requireReady({ ...options, startFrom: 'now' });
    return await prepare(client, options);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function prepare(target: pg.Client, { name, mapping, sourceUrl }: BeginOptions): Promise<Lsn> {
  const before = await loadCheckpoint(target, name);
  if (before !== undefined && before.phase !== 'starting') return before.lsn;
  await startCheckpoint(target, name, 'starting', undefined, LSN_ZERO);
  const lsn = await withConnection(sourceUrl, 'source', async (source) => {
    await dropSlot(source, objectName(name));
    await dropSlot(source, spareSlotName(name));
    await ensurePublication(source, objectName(name), capturedTables(mapping));
    const from = await createSlotNow(source, objectName(name));
    if (keepsSpare(mapping)) await ensureSpareSlot(source, name);
    return from;
  });
  await startCheckpoint(target, name, 'streaming', undefined, lsn);
  await withConnection(sourceUrl, 'source', (source) => noteShapes(source, target, name, mapping));
  return lsn;
}

/** What the source looks like now: a change of it before the first row is then noticed, too. */
async function noteShapes(source: pg.Client, target: pg.Client, name: string, mapping: ReplicationConfig): Promise<void> {
  const tables = capturedTables(mapping);
  const shapes = await readShapes(source, tableMaps(mapping), (table, column) => tables.get(table)?.omit.has(column) === true);
  for (const shape of shapes) {
    const { text, values } = shapeStatement(name, shape);
    await target.query(text, [...values]);
  }
}

export const wrongLog = (name: string): StranglerError => new StranglerError({
  code: 'STR_LOG_MISSING',
  message: `The state directory does not hold the change log that ${name} was applied from: changes that were already acknowledged to the source may be only there.`,
  remedy: 'Name the state directory it ran with. If it is gone, remove the replication and start it again with a new snapshot.',
  exitCode: ExitCode.environment,
});
