import { createHash } from 'node:crypto';
import { ExitCode, StranglerError, type Clock } from '@strangler/kernel';
import type pg from 'pg';
import { KeptSession } from './kept-session.ts';
import { exchanged, leftPublication, renamed, type Pausing } from './pausing.ts';
import { namesByRelation, parseMark, publicationMarks, renamedSince, withoutNames, type PublicationMarks } from './publication-mark.ts';
import { publishedTables, requireTables } from './slot.ts';
import { parseTableRef, type CapturedTables } from './table-ref.ts';

/**
 * @param pausing takes tables that have left the publication out of the stream, so that the others go on
 * @returns the names of its tables by their relation
 * @throws StranglerError STR_TABLES_CHANGED when somebody else has changed it, even if it was set back. One without a mark is older than marks, and is believed.
 */
export async function requirePublication(source: pg.ClientBase, publication: string, tables: CapturedTables, pausing?: Pausing): Promise<ReadonlyMap<number, string>> {
  const published = await publishedTables(source, publication);
  const marks = await publicationMarks(source, publication);
  if (marks !== undefined && pausing !== undefined) pauseLeft(marks, tables, pausing);
  requireOwnNames(marks, tables, (table) => pausing?.has(table) === true);
  const left = new Set([...published ?? []].filter((table) => pausing?.isNow(table) !== true));
  requireTables(publication, published === undefined ? undefined : left, withoutPaused(tables, pausing));
  const names = marks === undefined ? new Map<number, string>() : namesByRelation(marks);
  if (marks?.kept?.startsWith('strangler ') !== true || isUnaltered(marks, pausing)) return names;
  throw new StranglerError({
    code: 'STR_TABLES_CHANGED', exitCode: ExitCode.environment,
    message: `The publication ${publication} was altered by somebody else and set back: rows written meanwhile were not sent.`,
    remedy: 'Copy the tables that were out of it again (`strangler replicate NAME --again TABLE --execute`); or remove the replication (`strangler replicate NAME --remove`) and start it anew. Then `strangler verify`.',
  });
}

/**
 * A name that went from one table of the publication to another: what comes under it belongs into the other's copy.
 * @param isSettled a table whose changes are passed over, or which is copied again under the name it has
 * @throws StranglerError STR_TABLES_CHANGED
 */
export function requireOwnNames(marks: PublicationMarks | undefined, tables: CapturedTables, isSettled: (table: string) => boolean): void {
  const taken = marks === undefined ? [] : renamedSince(marks, tables.keys()).filter(({ now, takenOver }) => takenOver && tables.has(now));
  const lost = taken.filter(({ now }) => !isSettled(now));
  if (lost.length > 0) throw exchanged(lost, taken.map(({ now }) => now));
}

function pauseRenamed(marks: PublicationMarks, tables: CapturedTables, pausing: Pausing): void {
  for (const { now, was, takenOver } of renamedSince(marks, tables.keys())) {
    if (takenOver && tables.has(now)) {
      const both = was === undefined ? [now] : [now, was];
      for (const table of both) pausing.pause(table, exchanged([{ now, was }], both.filter((each) => marks.entries.has(each))));
    } else if (was !== undefined && !tables.has(now)) pausing.pause(was, renamed(parseTableRef(now), was), now);
  }
}

/** Tables that have another name, whose entry is gone, or is not the one that was kept. */
function pauseLeft(marks: PublicationMarks, tables: CapturedTables, pausing: Pausing): void {
  pauseRenamed(marks, tables, pausing);
  const { kept, entries } = marks;
  const known = kept === null ? undefined : parseMark(kept);
  if (known === undefined) return;
  // The same entry under a name that is none of ours is a table of ours that has another name now.
  const strangers = [...entries].filter(([table, entry]) => !tables.has(table) && !pausing.isNow(table) && known.entries.has(entry)).map(([table]) => table);
  const gone = [...tables].filter(([table, { leaving }]) => leaving !== true && !entries.has(table) && !pausing.has(table)).map(([table]) => table);
  for (const table of gone) {
    const [now] = gone.length === 1 && strangers.length === 1 ? strangers : [];
    pausing.pause(table, now === undefined ? leftPublication(table, 'gone') : renamed(parseTableRef(now), table), now);
  }
  for (const [table, entry] of entries) if (tables.has(table) && !known.entries.has(entry)) pausing.pause(table, leftPublication(table, 'back'));
}

/** Each table that is still there is there as it was, or paused: one that left and is missed is said elsewhere. */
function isUnaltered({ mark, kept, entries }: PublicationMarks, pausing: Pausing | undefined): boolean {
  if (kept === mark || kept === `strangler ${createHash('md5').update(withoutNames(mark).slice('strangler '.length)).digest('hex')}`) return true; // marks were digests once
  const [now, before] = [parseMark(mark), parseMark(kept ?? '')];
  if (before === undefined || now?.rest !== before.rest) return false;
  return [...entries].every(([table, entry]) => before.entries.has(entry) || pausing?.has(table) === true);
}

const withoutPaused = (tables: CapturedTables, pausing: Pausing | undefined): CapturedTables => new Map([...tables].map(([name, table]) => [name, pausing?.has(name) === true ? { ...table, leaving: true as const } : table]));

/** Looks from time to time, because a change of the publication shows in no message of the stream. Ends when aborted. @throws as `requirePublication` */
export async function watchPublication({ sourceUrl, publication, tables, clock, signal, pausing }: Watched): Promise<void> {
  const session = new KeptSession(sourceUrl, 'source');
  try {
    while (await clock.sleep(WATCH_EVERY_MS, signal).then(() => true, () => false)) {
      await session.use((client) => requirePublication(client, publication, tables, pausing)).then(() => undefined, unlessPassing);
    }
  } finally {
    await session.close();
  }
}

interface Watched {
  readonly sourceUrl: string;
  readonly publication: string;
  readonly tables: CapturedTables;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly pausing: Pausing | undefined;
}

const WATCH_EVERY_MS = 5_000;

/** A source that is away is the stream's business. */
function unlessPassing(error: unknown): void {
  if (error instanceof StranglerError && error.code === 'STR_TABLES_CHANGED') throw error;
}
