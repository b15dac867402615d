import { createHash } from 'node:crypto';
import type pg from 'pg';
import { textRows } from './connect.ts';
import { quoteLiteral, quoteName, tableName } from './table-ref.ts';

/**
 * What a publication is: its own oid, what it publishes, and for each table an entry (oid, table) and a digest of the name it has. An entry gets another oid when its
 * table is taken out and put back; its name changes when the table is renamed.
 */
const MARK = `SELECT 'strangler ' || concat_ws(' ', p.oid, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot, p.puballtables,
    (SELECT string_agg(r.oid || ':' || r.prrelid || ':' || left(encode(sha256(convert_to(n.nspname || '.' || c.relname, 'UTF8')), 'hex'), 8), ',' ORDER BY r.oid)
      FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid)) AS mark, obj_description(p.oid, 'pg_publication') AS kept
  FROM pg_publication p WHERE p.pubname = $1`;

const ENTRIES = `SELECT n.nspname AS schema, c.relname AS table, r.oid || ':' || r.prrelid AS entry FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
  JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = $1`;

/**
 * Changes a publication and keeps a mark of what it is now as its comment, in one transaction. PostgreSQL decodes each change with the publication as it was then, so rows
 * written while somebody had taken a table out are never sent, and nothing else would tell.
 */
export async function changePublication(source: pg.ClientBase, publication: string, statements: readonly string[]): Promise<void> {
  await source.query('BEGIN');
  try {
    for (const statement of statements) await source.query(statement);
    const [row] = await textRows<'mark'>(source, MARK, [publication]);
    if (row !== undefined) await source.query(`COMMENT ON PUBLICATION ${quoteName(publication)} IS ${quoteLiteral(row.mark)}`);
    await source.query('COMMIT');
  } catch (error) {
    await source.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

export interface PublicationMarks {
  /** As it is. */
  readonly mark: string;
  /** As it was kept; null when nobody did. */
  readonly kept: string | null;
  /** Each table's entry, by `schema.table`. */
  readonly entries: ReadonlyMap<string, string>;
}

/** Undefined when there is no such publication. */
export async function publicationMarks(source: pg.ClientBase, publication: string): Promise<PublicationMarks | undefined> {
  const [row] = (await source.query<{ mark: string; kept: string | null }>(MARK, [publication])).rows;
  if (row === undefined) return undefined;
  const entries = await textRows<'schema' | 'table' | 'entry'>(source, ENTRIES, [publication]);
  return { ...row, entries: new Map(entries.map((each) => [tableName(each), each.entry])) };
}

/** As the mark says a name. */
const digestOf = (table: string): string => createHash('sha256').update(table).digest('hex').slice(0, 8);

export interface KeptMark {
  /** Without the entries. */
  readonly rest: string;
  /** Entries, with the digest of their table's name; undefined in a mark of an older version. */
  readonly entries: ReadonlyMap<string, string | undefined>;
}

/** Pure. Reads a mark; undefined for a comment that is none. */
export function parseMark(mark: string): KeptMark | undefined {
  const match = /^(strangler (?:\S+ ){6}\S+)(?: (\S+))?$/.exec(mark);
  const [, rest, list = ''] = match ?? [];
  return rest === undefined ? undefined : { rest, entries: new Map(list.split(',').filter((each) => each !== '').map((each) => { const [oid = '', table = '', digest] = each.split(':'); return [`${oid}:${table}`, digest]; })) };
}

/** As marks were before they told names. */
export const withoutNames = (mark: string): string => mark.replaceAll(/(:\d+):[0-9a-f]{8}/g, '$1');

/** The names of a publication's tables by their relation, which is what the stream knows a table by. */
export const namesByRelation = ({ entries }: PublicationMarks): ReadonlyMap<number, string> => new Map([...entries].map(([table, entry]) => [Number(entry.split(':')[1]), table]));

export interface Renamed {
  readonly now: string;
  /** Undefined where none of the names that were asked about is meant. */
  readonly was: string | undefined;
  /** Another table of the publication bore this name: under it rows of the one would go where those of the other are. */
  readonly takenOver: boolean;
}

/** Pure. Tables of the publication that have another name than when its mark was made. @param names among which the earlier one is looked for */
export function renamedSince({ kept, entries }: Pick<PublicationMarks, 'kept' | 'entries'>, names: Iterable<string>): Renamed[] {
  const before = parseMark(kept ?? '')?.entries;
  const [byDigest, borne] = [new Map([...names].map((name) => [digestOf(name), name])), new Set(before?.values())];
  return [...entries].flatMap(([now, entry]) => {
    const [digest, own] = [before?.get(entry), digestOf(now)];
    return digest === undefined || digest === own ? [] : [{ now, was: byDigest.get(digest), takenOver: borne.has(own) }];
  });
}
