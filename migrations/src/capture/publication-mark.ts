import type pg from 'pg';
import { textRows } from './connect.ts';
import { quoteLiteral, quoteName } from './table-ref.ts';

/** Changes when a table is taken out and put back (its entry has another oid then), or when another kind of change is published. */
const MARK = `SELECT 'strangler ' || md5(concat_ws(' ', p.oid, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot, p.puballtables,
    (SELECT string_agg(r.oid || ':' || r.prrelid, ',' ORDER BY r.oid) FROM pg_publication_rel r WHERE r.prpubid = p.oid))) AS mark, obj_description(p.oid, 'pg_publication') AS kept
  FROM pg_publication p WHERE p.pubname = $1`;

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

/** The mark as it is and as it was kept; undefined when there is no such publication. */
export async function publicationMarks(source: pg.ClientBase, publication: string): Promise<{ readonly mark: string; readonly kept: string | null } | undefined> {
  const [row] = (await source.query<{ mark: string; kept: string | null }>(MARK, [publication])).rows;
  return row;
}
