import { ExitCode, StranglerError, type Clock } from '@strangler/kernel';
import type pg from 'pg';
import { KeptSession } from './kept-session.ts';
import { publicationMarks } from './publication-mark.ts';
import { publishedTables, requireTables } from './slot.ts';
import type { CapturedTables } from './table-ref.ts';

/** @throws StranglerError STR_TABLES_CHANGED when somebody else has changed it since, even if it was set back. One without a mark is older than marks, and is believed. */
export async function requirePublication(source: pg.ClientBase, publication: string, tables: CapturedTables): Promise<void> {
  requireTables(publication, await publishedTables(source, publication), tables);
  const marks = await publicationMarks(source, publication);
  if (marks?.kept?.startsWith('strangler ') !== true || marks.kept === marks.mark) return;
  throw new StranglerError({
    code: 'STR_TABLES_CHANGED', exitCode: ExitCode.environment,
    message: `The publication ${publication} was altered by somebody else and set back: rows written meanwhile were not sent.`,
    remedy: 'Copy the tables that were out of it again (`strangler replicate NAME --again TABLE --execute`); or remove the replication (`strangler replicate NAME --remove`) and start it anew. Then `strangler verify`.',
  });
}

/** Looks from time to time, because a change of the publication shows in no message of the stream. Ends when aborted. @throws as `requirePublication` */
export async function watchPublication({ sourceUrl, publication, tables, clock, signal }: { sourceUrl: string; publication: string; tables: CapturedTables; clock: Clock; signal: AbortSignal }): Promise<void> {
  const session = new KeptSession(sourceUrl, 'source');
  try {
    while (await clock.sleep(WATCH_EVERY_MS, signal).then(() => true, () => false)) {
      await session.use((client) => requirePublication(client, publication, tables)).catch(unlessPassing);
    }
  } finally {
    await session.close();
  }
}

const WATCH_EVERY_MS = 5_000;

/** A source that is away is the stream's business. */
function unlessPassing(error: unknown): void {
  if (error instanceof StranglerError && error.code === 'STR_TABLES_CHANGED') throw error;
}
