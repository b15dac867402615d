import { StranglerError, type ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { publicationMarks } from '../capture/publication-mark.ts';
import { requireOwnNames } from '../capture/publication-watch.ts';
import { objectName } from '../capture/slot.ts';
import { capturedTables } from '../capture/table-ref.ts';

/**
 * A record on Kafka names its table and says nothing of the relation, so tables that have exchanged their names are known by the source's catalog only, and a look later
 * than by the WAL: what came in between is in the wrong copies.
 * @throws StranglerError STR_TABLES_CHANGED
 */
export async function requireNamesOnKafka(source: pg.ClientBase, { name, mapping }: { readonly name: string; readonly mapping: ReplicationConfig }): Promise<void> {
  const marks = await publicationMarks(source, objectName(name));
  try {
    requireOwnNames(marks, capturedTables(mapping), () => false);
  } catch (error) {
    if (!(error instanceof StranglerError)) throw error;
    throw new StranglerError({
      code: error.code, exitCode: error.exitCode, message: error.message, cause: error,
      remedy: `Some of them may have: compare (\`strangler verify ${name}\`) once the tables have their names back and the replication runs again. If the exchange was meant: remove the replication (\`strangler replicate ${name} --remove --execute\`), empty the copies, start it anew.`,
    });
  }
}
