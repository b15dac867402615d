import { setTimeout as delay } from 'node:timers/promises';
import { readCheckpoint, tablesBeingCopied, type ReplicateOptions } from '@strangler/migrations';
import pg from 'pg';
import { openEmbeddedLog } from '../../src/log/embedded-log.ts';
import { seededDice } from '../faults/dice.ts';
import { finish, kill, startSink } from './kill-trial.ts';
import type { Pair } from './pair.ts';

/** Three tables whose rows change while they are copied: a plain one, one with long values and a key of two columns, and one in partitions. */
const ARCHIVE = `
CREATE TABLE films (id int PRIMARY KEY, title text, rating int NOT NULL);
CREATE TABLE letters (id int, copy int, body text, opened int NOT NULL, PRIMARY KEY (id, copy));
ALTER TABLE letters ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE visits (id int PRIMARY KEY, note text) PARTITION BY HASH (id);
CREATE TABLE visits_0 PARTITION OF visits FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES WITH (MODULUS 2, REMAINDER 1)`;
const fill = (rows: number): string => `
INSERT INTO films SELECT g, 'Film ' || md5(g::text), 0 FROM generate_series(1, ${String(rows)}) AS g;
INSERT INTO letters SELECT g, 0, repeat(md5(g::text), CASE WHEN g % 25 = 0 THEN 70 ELSE 2 END), 0 FROM generate_series(1, ${String(rows)}) AS g;
INSERT INTO visits SELECT g, md5(g::text) FROM generate_series(1, ${String(rows)}) AS g;
ANALYZE`;
const ARCHIVE_TABLES = { films: { key: ['id'] }, letters: { key: ['id', 'copy'] }, visits: { key: ['id'] } };

export interface CopyTrialOptions {
  readonly kills: number;
  /** Of each of the three tables. */
  readonly rows: number;
  readonly seed: number;
  /** Tables that join a replication that runs; by default all are in its first copy. */
  readonly joining?: readonly (keyof typeof ARCHIVE_TABLES)[];
}

export interface CopyTrialResult {
  /** In the first snapshot, and while tables were copied at marks in the stream. */
  readonly kills: { readonly snapshot: number; readonly joining: number };
  /** Rows that the log holds as copied, and how many of these it had already. */
  readonly rowsLogged: number;
  readonly rowsTwice: number;
  /** Changes made meanwhile. */
  readonly committed: number;
  readonly unequal: readonly string[];
}

/** Kills a sink again and again while it copies tables that are being written, and compares both sides when it has been let finish. */
export async function copyTrial(pair: Pair, { kills, rows, seed, joining = [] }: CopyTrialOptions): Promise<CopyTrialResult> {
  await Promise.all([pair.source.query(ARCHIVE), pair.target.query(ARCHIVE)]);
  await pair.source.query(fill(rows));
  const first = Object.fromEntries(Object.entries(ARCHIVE_TABLES).filter(([table]) => !(joining as readonly string[]).includes(table)));
  const snapshot = { maxRowsPerSecond: rows, partBlocks: 128 };
  if (joining.length > 0) await copied(pair, pair.options(first));
  const options = pair.options(ARCHIVE_TABLES, { snapshot, ...(joining.length > 0 ? { changes: { add: joining } } : {}) });
  const [business, dice] = [startBusiness(pair.sourceUrl, rows, seed), seededDice(seed)];
  const killed = { snapshot: 0, joining: 0 };
  while (killed.snapshot + killed.joining < kills) {
    const sink = await startSink(JSON.stringify(options), dice() < 0.8);
    await delay(20 + dice() * 600);
    await kill(sink);
    const where = await copying(pair);
    if (where === undefined) break;
    killed[where] += 1;
  }
  const last = await startSink(JSON.stringify({ ...options, snapshot: {} }));
  const committed = await business.stop();
  while (await copying(pair) !== undefined) await delay(50);
  await finish(pair, last);
  return { kills: killed, ...await loggedRows(pair), committed, unequal: await unequal(pair) };
}

async function copied(pair: Pair, options: ReplicateOptions): Promise<void> {
  const sink = await startSink(JSON.stringify(options));
  while (await copying(pair) !== undefined) await delay(50);
  await finish(pair, sink);
}

/** What was killed in the middle; undefined when nothing is left to copy. */
async function copying(pair: Pair): Promise<'snapshot' | 'joining' | undefined> {
  if ((await readCheckpoint(pair.targetUrl, pair.name))?.phase !== 'streaming') return 'snapshot';
  return (await tablesBeingCopied(`${pair.logDirectory}/${pair.name}`)).length > 0 ? 'joining' : undefined;
}

async function loggedRows(pair: Pair): Promise<{ rowsLogged: number; rowsTwice: number }> {
  const log = await openEmbeddedLog(`${pair.logDirectory}/${pair.name}`, { readOnly: true });
  const seen = new Set<string>();
  let rowsLogged = 0;
  for await (const batch of log.read('start')) {
    for (const event of batch.flatMap(({ events }) => events)) {
      if (event.op !== 'snapshot-read') continue;
      rowsLogged += 1;
      seen.add(`${event.table} ${event.after['id'] ?? ''} ${event.after['copy'] ?? ''}`);
    }
  }
  await log.close();
  return { rowsLogged, rowsTwice: rowsLogged - seen.size };
}

async function unequal(pair: Pair): Promise<string[]> {
  const found: string[] = [];
  for (const table of Object.keys(ARCHIVE_TABLES)) {
    const sum = `SELECT count(*) || ' rows, sum ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM ${table} AS t`;
    const [source, target] = await Promise.all([pair.source, pair.target].map(async (side) => (await side.query<{ sum: string }>(sum)).rows[0]?.sum));
    if (source !== target) found.push(`${table}: ${source ?? ''} at the source, ${target ?? ''} at the target`);
  }
  return found;
}

/** Rows of every table change, move to other keys, go and come, all over what is being copied. */
function startBusiness(sourceUrl: string, rows: number, seed: number): { stop(): Promise<number> } {
  const stopping = { asked: false };
  const dice = seededDice(seed + 1);
  const any = (): number => 1 + Math.floor(dice() * rows);
  const work = (async () => {
    const client = new pg.Client({ connectionString: sourceUrl });
    await client.connect();
    let committed = 0;
    for (; !stopping.asked; committed += 1) {
      await client.query(change(dice(), any, rows + committed));
      await delay(4);
    }
    await client.end();
    return committed;
  })();
  return { stop: () => { stopping.asked = true; return work; } };
}

function change(kind: number, any: () => number, fresh: number): string {
  const id = String(any());
  if (kind < 0.25) return `UPDATE films SET rating = rating + 1 WHERE id IN (${id}, ${String(any())}, ${String(any())})`;
  if (kind < 0.4) return `INSERT INTO films VALUES (${String(fresh + 1)}, 'new', 0)`;
  if (kind < 0.5) return `DELETE FROM films WHERE id = ${id}`;
  if (kind < 0.65) return `UPDATE letters SET opened = opened + 1 WHERE id BETWEEN ${id} AND ${id} + 30`; // some are long, and unchanged
  if (kind < 0.75) return `UPDATE letters SET copy = copy + 10 WHERE id BETWEEN ${id} AND ${id} + 30`;
  if (kind < 0.85) return `UPDATE visits SET note = note || '.' WHERE id BETWEEN ${id} AND ${id} + 20`;
  if (kind < 0.92) return `UPDATE visits SET id = -id WHERE id = ${id}`; // often into the other partition
  return `DELETE FROM visits WHERE id = ${id}; INSERT INTO letters VALUES (${String(-fresh)}, 0, 'new', 0)`;
}
