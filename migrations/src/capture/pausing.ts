import { ExitCode, StranglerError } from '@strangler/kernel';
import type { TableRef } from './change-event.ts';
import { tableName } from './table-ref.ts';

/** Takes note of tables that have left the stream, so that the others can go on without them. Whoever has none lets the problem stop everything. */
export interface Pausing {
  /** How many are paused; cheap to ask for every change. */
  readonly size: number;
  has(table: string): boolean;
  /** @param now the name its changes come under, where it has another one. False where nothing may be paused. */
  pause(table: string, problem: StranglerError, now?: string): boolean;
  /** Whether a paused table has this name now: its changes are passed over, too. */
  isNow(table: string): boolean;
  /** Whether it is being copied once more, from the source as it is now: what it was before, under whatever name, is not wanted. */
  isReplaced(table: string): boolean;
}

export const againRemedy = (...tables: readonly string[]): string =>
  `stop the sink and start it with \`strangler replicate NAME ${tables.map((table) => `--again ${table}`).join(' ')} --execute\`: ${tables.length === 1 ? 'the table is' : 'the tables are'} copied again, in place`;

/** Each name is known, and each is another table's now. @param tables all that are concerned */
export const exchanged = (renames: readonly { readonly now: string; readonly was: string | undefined }[], tables: readonly string[]): StranglerError => new StranglerError({
  code: 'STR_TABLES_CHANGED', exitCode: ExitCode.environment,
  message: `${renames.map(({ now, was }) => was === undefined ? `${now} is the name of another of the source's tables now` : `The source's ${was} is called ${now} now, as another replicated table was`).join('; ')}: under their names rows would go into the wrong copies.`,
  remedy: `If that was meant, ${againRemedy(...tables)}, each under the name it has now. If not, give the tables their names back first.`,
});

/** The publication names our tables and no other, so a table we do not know is one of them that was renamed; to pass it over would lose its changes in silence. */
export const renamed = (ref: TableRef, before?: string): StranglerError => new StranglerError({
  code: 'STR_TABLES_CHANGED', exitCode: ExitCode.environment,
  message: before === undefined
    ? `The source sends changes of ${tableName(ref)}, which the config does not name: a replicated table was renamed, or somebody changed the publication.`
    : `The source's ${before} is called ${tableName(ref)} now.`,
  remedy: `Write the new name into the config (\`into\` keeps the target's), then ${againRemedy(tableName(ref))}.`,
});

export const noKey = (ref: TableRef, column: string): StranglerError => new StranglerError({
  code: 'STR_NO_KEY', exitCode: ExitCode.environment,
  message: `A change of ${tableName(ref)} came without its key column ${column}: the row it means cannot be named.`,
  remedy: `Give the table a replica identity that holds the key (its primary key, or ALTER TABLE … REPLICA IDENTITY USING INDEX …), or name its new key in the config; then ${againRemedy(tableName(ref))}.`,
});

/** What was in the publication and is not, or was out of it for a while. */
export const leftPublication = (table: string, how: 'gone' | 'back'): StranglerError => new StranglerError({
  code: 'STR_TABLES_CHANGED', exitCode: ExitCode.environment,
  message: how === 'gone' ? `The source's ${table} was dropped, or taken out of the publication: its changes are not sent any more.` : `The source's ${table} was out of the publication for a while: rows written meanwhile were not sent.`,
  remedy: `${how === 'gone' ? 'If it is gone for good: take it out of the config and start again. Else ' : ''}${againRemedy(table)}.`,
});
