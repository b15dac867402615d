import { join } from 'node:path';
import { ExitCode, StranglerError, type ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { Applier } from '../apply/applier.ts';
import { loadCheckpoint } from '../apply/checkpoint.ts';
import { openApplySession } from '../apply/session.ts';
import { tableMaps, targetsOf } from '../apply/table-map.ts';
import type { TableRef } from '../capture/change-event.ts';
import { textRows, withConnection } from '../capture/connect.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import { dropOrigin, objectName } from '../capture/slot.ts';
import { quoteName, quoteTable } from '../capture/table-ref.ts';
import { openEmbeddedLog } from '../log/embedded-log.ts';
import { carryOver } from './carry-over.ts';
import { pausedTables } from './paused.ts';
import { tablesBeingCopied } from './table-copy/state.ts';

export interface SwapOptions {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly logDirectory: string;
  readonly targetUrl: string;
  /** The schema a replay has filled. */
  readonly fromSchema: string;
  /** False: says what it would do. */
  readonly execute: boolean;
}

export interface SwapReport {
  readonly tables: readonly string[];
  /** Where the tables in use stand, and where those stand that take their place. */
  readonly present: Lsn;
  readonly replayed: Lsn;
  /** Where the tables that were in use are kept. */
  readonly keptIn: string;
  readonly executed: boolean;
}

const replayOf = (name: string, schema: string): string => `replay:${name}:${schema}`;

/**
 * Puts the tables a replay has built in place of those in use: caught up with them first, then renamed in one target transaction together with the checkpoint, so that the
 * sink goes on without a change missing or twice. Those that were in use are kept beside, as a replay of their own: swapping that one is the undo.
 * @throws StranglerError STR_SWAP_REFUSED, STR_SINK_ACTIVE, STR_REPLAY_IN_PLACE, STR_TABLE_COPYING, STR_TABLE_PAUSED
 */
export async function swapReplay(options: SwapOptions): Promise<SwapReport> {
  const { name, mapping, targetUrl, fromSchema } = options;
  const copying = await tablesBeingCopied(join(options.logDirectory, name));
  if (copying.length > 0) throw refused('STR_TABLE_COPYING', `'${name}' is still copying ${copying.map(({ table }) => table).join(', ')}.`, 'Let `strangler replicate` finish the copy first.');
  const [paused] = await pausedTables(join(options.logDirectory, name));
  if (paused !== undefined) throw refused('STR_TABLE_PAUSED', `${paused.table} is paused in '${name}': ${paused.reason}`, paused.remedy);
  const guard = await openApplySession(targetUrl, name); // nobody else applies meanwhile
  try {
    const [lives, shadows] = [targetsOf(tableMaps(mapping)), targetsOf(tableMaps(mapping, fromSchema))];
    const [present, replayed] = await positions(guard, options);
    const keptIn = await freeSchema(guard, `${fromSchema.replace(/_before_\d+$/, '')}_before_`);
    const whole = await chosen(guard, lives, shadows);
    await requireOurs(guard, whole.map(([live]) => live), fromSchema);
    const report = { tables: whole.map(([live]) => `${live.schema}.${live.table}`), present, replayed, keptIn };
    await carryOver(guard, whole.map(([live]) => live)); // says what stands in the way before anything is done
    if (!options.execute) return { ...report, executed: false };
    const reached = replayed < present ? await catchUp(options, present) : replayed;
    if (reached > present && whole.length < lives.length) throw refused('STR_SWAP_REFUSED', `The replayed tables stand at ${printLsn(reached)}, the others of ${name} at ${printLsn(present)}.`, 'Start the sink until it has come that far, stop it, and swap again.');
    await rename(guard, options, whole, { present, reached, keptIn });
    return { ...report, replayed: reached, executed: true };
  } finally {
    await guard.end().catch(() => undefined);
  }
}

async function positions(client: pg.ClientBase, { name, fromSchema }: SwapOptions): Promise<[Lsn, Lsn]> {
  const [live, shadow] = [await loadCheckpoint(client, name), await loadCheckpoint(client, replayOf(name, fromSchema))];
  if (live?.phase !== 'streaming') throw refused('STR_SWAP_REFUSED', `${name} is not streaming into this target.`, 'Swap once the first copy is complete.');
  if (shadow?.phase !== 'replayed') throw refused('STR_SWAP_REFUSED', `No finished replay of ${name} lies in schema ${fromSchema}.`, `strangler replay ${name} --from start --into ${fromSchema} --execute`);
  return [live.lsn, shadow.lsn];
}

/** Pairs of tables in use and replayed, for those the replay has. */
async function chosen(client: pg.ClientBase, lives: readonly TableRef[], shadows: readonly TableRef[]): Promise<[TableRef, TableRef][]> {
  const there = new Set((await textRows<'name'>(client, "SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'")).map((row) => row.name));
  return lives.flatMap((live, index) => { const shadow = shadows[index]; return shadow !== undefined && there.has(`${shadow.schema}.${shadow.table}`) ? [[live, shadow] as [TableRef, TableRef]] : []; });
}

async function requireOurs(client: pg.ClientBase, tables: readonly TableRef[], fromSchema: string): Promise<void> {
  if (tables.length === 0) throw refused('STR_SWAP_REFUSED', `Schema ${fromSchema} holds none of the tables.`, 'Name the schema the replay was made into.');
  const [slot] = await textRows<'slot'>(client, "SELECT slot_name AS slot FROM pg_replication_slots WHERE database = current_database() AND slot_name LIKE 'strangler\\_%'");
  if (slot !== undefined) throw refused('STR_REPLAY_IN_PLACE', `The target's own writes are replicated onward (${slot.slot}): it may own its rows, and a swap would take away what it wrote.`, 'Take from the replayed schema what you need.');
}

async function freeSchema(client: pg.ClientBase, prefix: string): Promise<string> {
  const taken = new Set((await textRows<'name'>(client, 'SELECT nspname AS name FROM pg_namespace')).map((row) => row.name));
  for (let n = 1; ; n += 1) if (!taken.has(`${prefix}${String(n)}`)) return `${prefix}${String(n)}`;
}

/** The replayed tables come as far as those in use, so that the checkpoint fits both. */
async function catchUp({ name, mapping, targetUrl, fromSchema, logDirectory }: SwapOptions, until: Lsn): Promise<Lsn> {
  const replication = replayOf(name, fromSchema);
  const log = await openEmbeddedLog(join(logDirectory, name), { readOnly: true });
  const session = await openApplySession(targetUrl, replication);
  try {
    const applier = await Applier.open({ targetUrl, replication, maps: tableMaps(mapping, fromSchema), mode: 'idempotent' }, session);
    for await (const batch of log.read({ afterLsn: applier.checkpoint })) await applier.apply(batch.filter(({ commitLsn }) => commitLsn <= until));
    return applier.checkpoint > until ? applier.checkpoint : until;
  } finally {
    await session.end().catch(() => undefined);
    await log.close();
    await dropOrigin(targetUrl, objectName(replication));
  }
}

interface Places { readonly present: Lsn; readonly reached: Lsn; readonly keptIn: string }

/** All of it or nothing. */
function rename(guard: pg.Client, { name, fromSchema, targetUrl }: SwapOptions, pairs: readonly (readonly [TableRef, TableRef])[], { present, reached, keptIn }: Places): Promise<void> {
  const lives = pairs.map(([live]) => live);
  return withConnection(targetUrl, 'target', async (client) => {
    await client.query(`BEGIN; SET LOCAL session_replication_role = replica; LOCK TABLE ${lives.map(quoteTable).sort().join(', ')} IN ACCESS EXCLUSIVE MODE`);
    try {
      const { before, after } = await carryOver(client, lives);
      const moves = pairs.flatMap(([live, shadow]) => [`ALTER TABLE ${quoteTable(live)} SET SCHEMA ${quoteName(keptIn)}`, `ALTER TABLE ${quoteTable(shadow)} SET SCHEMA ${quoteName(live.schema)}`]);
      for (const statement of [`CREATE SCHEMA ${quoteName(keptIn)}`, ...before, ...moves, ...after]) await client.query(statement);
      await client.query("UPDATE strangler.checkpoint SET commit_lsn = $2::pg_lsn, epoch = epoch + 1, updated_at = now() WHERE replication = $1", [name, printLsn(reached)]);
      await client.query('DELETE FROM strangler.checkpoint WHERE replication = $1', [replayOf(name, fromSchema)]);
      await client.query("INSERT INTO strangler.checkpoint (replication, phase, commit_lsn) VALUES ($1, 'replayed', $2::pg_lsn)", [replayOf(name, keptIn), printLsn(present)]);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
    await guard.query('SELECT 1'); // the lock was ours to the end
    await client.query(`DROP SCHEMA IF EXISTS ${quoteName(fromSchema)}`).catch(() => undefined); // empty, unless somebody put something there
  });
}

const refused = (code: `STR_${string}`, message: string, remedy: string): StranglerError => new StranglerError({ code, message, remedy, exitCode: ExitCode.no });
