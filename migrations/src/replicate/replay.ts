import { join } from 'node:path';
import { ExitCode, StranglerError, type Finding, type ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { Applier, type Applied } from '../apply/applier.ts';
import { finishReplay, loadCheckpoint, startCheckpoint } from '../apply/checkpoint.ts';
import { openApplySession } from '../apply/session.ts';
import { tableMaps, targetsOf } from '../apply/table-map.ts';
import { textRows, withConnection } from '../capture/connect.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import { dropOrigin, objectName } from '../capture/slot.ts';
import { capturedTables, quoteName, quoteTable } from '../capture/table-ref.ts';
import { openEmbeddedLog } from '../log/embedded-log.ts';
import { obstaclesTo, ownsItsRows, parkedLetters } from './replay-obstacles.ts';
import { planReplay, type ReplayFrom, type ReplayPlan } from './replay-plan.ts';

export interface ReplayOptions {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  /** As `replicate` was given it. The log may be in use: a replay only reads. */
  readonly logDirectory: string;
  readonly targetUrl: string;
  readonly from: ReplayFrom;
  /** Replays into copies of the target's tables in this schema, which must not exist yet, and leaves the tables themselves alone. */
  readonly intoSchema?: string;
  /** False: says what it would do. */
  readonly execute: boolean;
  readonly onApplied?: (applied: Applied) => void;
}

export interface ReplayReport extends ReplayPlan {
  /** What the range is applied to: nothing, a copy of the target's present rows, or those rows themselves. */
  readonly onto: 'empty tables' | 'a copy of the target' | 'the target itself';
  readonly executed: boolean;
  /** All that stands in the way, which a replay that is executed throws instead. Whether a sink runs is seen only then. */
  readonly obstacles: readonly Finding[];
  /** The copies equal the source as of here. */
  readonly reached?: Lsn;
}

/**
 * Applies a range of the log once more. A range that begins with the snapshot rebuilds the tables from nothing; a later one repeats history on rows that have seen
 * it already, which is sound because every event says what its row became (a range in which that is not so is refused).
 * @throws StranglerError STR_REPLAY_GAP, STR_REPLAY_NOT_IDEMPOTENT, STR_REPLAY_IN_PLACE, STR_SCHEMA_EXISTS, STR_LOG_MISSING, STR_SINK_ACTIVE, STR_REPLAY_ON_KAFKA
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  if (options.mapping.log === 'kafka') throw notFromKafka(options.name);
  const log = await openEmbeddedLog(join(options.logDirectory, options.name), { readOnly: true });
  try {
    const inPlace = options.intoSchema === undefined;
    const { present, hurdles } = await standing(options, inPlace);
    const plan = await planReplay(log, options.from, capturedTables(options.mapping), inPlace ? present : undefined);
    const onto = inPlace ? 'the target itself' : plan.fromSnapshot ? 'empty tables' : 'a copy of the target';
    const obstacles = [...onto === 'empty tables' ? [] : obstaclesTo(plan, present, options.name), ...hurdles];
    if (!options.execute) return { ...plan, onto, executed: false, obstacles };
    refuse(obstacles);
    return { ...plan, onto, executed: true, obstacles, reached: await execute(options, plan, onto) };
  } finally {
    await log.close();
  }
}

/** How far the target's own rows have come. */
const positionIn = async (target: pg.ClientBase, name: string): Promise<Lsn | undefined> => {
  const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.checkpoint') AS there");
  return typeof there?.there === 'string' ? (await loadCheckpoint(target, name))?.lsn : undefined;
};

const presentPosition = ({ targetUrl, name }: ReplayOptions): Promise<Lsn | undefined> => withConnection(targetUrl, 'target', (target) => positionIn(target, name));

/** Where the target's rows stand, and what forbids to repeat anything on them. */
const standing = ({ targetUrl, name }: ReplayOptions, inPlace: boolean): Promise<{ readonly present: Lsn | undefined; readonly hurdles: readonly Finding[] }> => withConnection(targetUrl, 'target', async (target) => {
  const present = await positionIn(target, name);
  return { present, hurdles: inPlace && present !== undefined ? await hurdlesInPlace(target, name) : [] };
});

const hurdlesInPlace = async (target: pg.ClientBase, name: string): Promise<readonly Finding[]> => [...await parkedLetters(target, name), ...await ownsItsRows(target)];

/** The first of them is the code, every one is told. */
function refuse(obstacles: readonly Finding[]): void {
  const [first] = obstacles;
  if (first === undefined) return;
  const all = (of: (finding: Finding) => string): string => [...new Set(obstacles.map(of))].join(' ');
  throw refused(first.code, all(({ message }) => message), all(({ remedy = '' }) => remedy));
}

async function execute(options: ReplayOptions, plan: ReplayPlan, onto: ReplayReport['onto']): Promise<Lsn> {
  const replication = `replay:${options.name}:${options.intoSchema ?? 'in-place'}`;
  const inPlace = onto === 'the target itself';
  const guard = inPlace ? await holdTarget(options) : undefined;
  try {
    const session = await openApplySession(options.targetUrl, replication);
    try {
      if (inPlace) await beginInPlace(options, replication);
      else await beginShadow(options, replication, onto === 'a copy of the target');
      const maps = tableMaps(options.mapping, options.intoSchema);
      const applier = await Applier.open({ targetUrl: options.targetUrl, replication, maps, mode: onto === 'empty tables' ? 'strict' : 'idempotent' }, session);
      // What lies behind the target's own checkpoint is for the sink, which counts on finding it not yet done.
      await repeat(options, applier, plan, inPlace ? await presentPosition(options) : undefined);
      await finishReplay(session, replication);
      return applier.checkpoint;
    } finally {
      await session.end().catch(() => undefined);
    }
  } finally {
    await guard?.end();
    await dropOrigin(options.targetUrl, objectName(replication));
  }
}

/** The log is opened anew: it must reach at least as far as the rows it is repeated on, and those were copied a moment ago. */
async function repeat({ logDirectory, name, onApplied }: ReplayOptions, applier: Applier, { position }: ReplayPlan, until: Lsn | undefined): Promise<void> {
  const log = await openEmbeddedLog(join(logDirectory, name), { readOnly: true });
  try {
    for await (const batch of log.read(applier.checkpoint > LSN_ZERO ? { afterLsn: applier.checkpoint } : position)) {
      const applied = await applier.apply(until === undefined ? batch : batch.filter(({ commitLsn }) => commitLsn <= until));
      if (applied !== undefined) onApplied?.(applied);
    }
  } finally {
    await log.close();
  }
}

/** In place nobody else may apply meanwhile, and nobody else may own the rows: after a cut-over they are the service's, and history would overwrite its writes. */
async function holdTarget({ targetUrl, name }: ReplayOptions): ReturnType<typeof openApplySession> {
  const session = await openApplySession(targetUrl, name);
  try {
    refuse(await hurdlesInPlace(session, name));
    return session;
  } catch (error) {
    await session.end();
    throw error;
  }
}

/** A replay that was interrupted goes on where it stopped; its checkpoint row says so. */
const beginInPlace = ({ targetUrl }: ReplayOptions, replication: string): Promise<void> => withConnection(targetUrl, 'target', async (client) => {
  if ((await loadCheckpoint(client, replication))?.phase !== 'replaying') await startCheckpoint(client, replication, 'replaying', undefined, LSN_ZERO);
});

/** Schema, tables, seed and checkpoint in one transaction: there is never half a copy. */
async function beginShadow({ targetUrl, mapping, intoSchema = '' }: ReplayOptions, replication: string, seeded: boolean): Promise<void> {
  const [originals, maps] = [targetsOf(tableMaps(mapping)), targetsOf(tableMaps(mapping, intoSchema))];
  await withConnection(targetUrl, 'target', async (client) => {
    const [exists] = await textRows<'one'>(client, 'SELECT 1 AS one FROM pg_namespace WHERE nspname = $1', [intoSchema]);
    if (exists !== undefined && (await loadCheckpoint(client, replication))?.phase === 'replaying') return;
    if (exists !== undefined) throw refused('STR_SCHEMA_EXISTS', `The target already has a schema ${intoSchema}.`, `Choose another name, or DROP SCHEMA ${quoteName(intoSchema)} CASCADE.`);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(`CREATE SCHEMA ${quoteName(intoSchema)}`);
    for (const [index, target] of maps.entries()) {
      const original = originals[index] ?? target;
      await client.query(`CREATE TABLE ${quoteTable(target)} (LIKE ${quoteTable(original)} INCLUDING ALL)`);
      if (!seeded) continue;
      const columns = await textRows<'name'>(client, `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`, [quoteTable(target)]);
      const list = columns.map((column) => quoteName(column.name)).join(', ');
      await client.query(`INSERT INTO ${quoteTable(target)} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${quoteTable(original)}`);
    }
    await startCheckpoint(client, replication, 'replaying', undefined, LSN_ZERO);
    await client.query('COMMIT');
  });
}

const refused = (code: Finding['code'], message: string, remedy: string): StranglerError => new StranglerError({ code, message, remedy, exitCode: ExitCode.no });

/** The rows' first copy goes past Kafka, and what its retention has dropped is nowhere: a range there stands on nothing that we could vouch for. */
const notFromKafka = (name: string): StranglerError => new StranglerError({
  code: 'STR_REPLAY_ON_KAFKA', exitCode: ExitCode.environment,
  message: `${name} reads Kafka: its log is the connector's, does not hold the first copy, and cannot be replayed.`,
  remedy: `Find what differs with \`strangler verify ${name}\`; to make rows right, remove the replication, empty the tables and start it again. A log that can be replayed is the embedded one (leave \`log\` out of the config).`,
});
