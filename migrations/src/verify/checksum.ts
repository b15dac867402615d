import type { SideSql } from './comparison.ts';
import type { ReadSession } from './session.ts';

/** A half-open range of keys, low exclusive, high inclusive; undefined is unbounded. `'null-key'` holds the rows no range can: those with a NULL in the key. */
export type KeyRange = 'null-key' | { readonly after?: KeyTexts; readonly upTo?: KeyTexts };
export type KeyTexts = readonly string[];

/** A chunk's row count and the sum of its row hashes. */
export interface Checksum {
  readonly rows: number;
  readonly sum: string;
}

/** `record`: the server hashes values as they lie. `md5`: of the row's text, where the two servers do not hash alike (another architecture, an older version). */
export type HashMethod = 'record' | 'md5';

/**
 * One row's hash as int8. PostgreSQL's record hash is linear in its columns' hashes (hash_record: 31·h + next), so the *sum* over rows would not notice two rows
 * that swapped a value; hashing the hash once more breaks that.
 */
export const rowHash = ({ values }: SideSql, method: HashMethod): string => method === 'record'
  ? `hashint8extended(hash_record_extended(ROW(${values.join(', ')}), 0), 0)`
  : `('x' || left(md5(ROW(${values.join(', ')})::text), 16))::bit(64)::int8`;

export function whereRange({ keys, keyCasts }: SideSql, range: KeyRange): { where: string; values: string[] } {
  if (range === 'null-key') return { where: keys.map((key) => `(${key}) IS NULL`).join(' OR '), values: [] };
  const values: string[] = [];
  const compare = (operator: string, bound: KeyTexts): string => {
    const parameters = bound.map((value, index) => {
      values.push(value);
      return `$${String(values.length)}::text::${keyCasts[index] ?? 'text'}`;
    });
    return `(${keys.join(', ')}) ${operator} (${parameters.join(', ')})`;
  };
  const bounds = [
    ...(range.after === undefined ? [] : [compare('>', range.after)]),
    ...(range.upTo === undefined ? [] : [compare('<=', range.upTo)]),
  ];
  const notNull = keys.map((key) => `(${key}) IS NOT NULL`);
  return { where: [...bounds, ...notNull].join(' AND '), values };
}

export async function checksum(session: ReadSession, side: SideSql, range: KeyRange, method: HashMethod): Promise<Checksum> {
  const { where, values } = whereRange(side, range);
  const [row] = await session.rows(`SELECT count(*) AS rows, coalesce(sum(${rowHash(side, method)}), 0) AS sum FROM ${side.from} t WHERE ${where}`, values);
  return { rows: Number(row?.['rows']), sum: row?.['sum'] ?? '' };
}

export const sameChecksum = (a: Checksum, b: Checksum): boolean => a.rows === b.rows && a.sum === b.sum;

/** Both servers hash alike when they agree on a sample of each family of hash function. */
export async function hashMethod(source: ReadSession, target: ReadSession): Promise<HashMethod> {
  const sample = `SELECT hashint8extended(hash_record_extended(ROW(1::int8, 'sample'::text, 2.50::numeric(5, 2), '2000-01-01'::timestamptz, NULL::text, true, '\\x00ff'::bytea), 0), 0) AS h`;
  const probe = (session: ReadSession): Promise<string | undefined> => session.rows(sample).then(([row]) => row?.['h'] ?? undefined, () => undefined);
  const [a, b] = await Promise.all([probe(source), probe(target)]);
  return a !== undefined && a === b ? 'record' : 'md5';
}
