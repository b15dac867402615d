import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** A column of a table that is filled at random. */
export interface RandomColumn {
  readonly name: string;
  /** As `format_type` prints it; of a domain the type below. */
  readonly type: string;
  readonly key: boolean;
  readonly required: boolean;
}

export interface RandomTable {
  /** `schema.table`. */
  readonly name: string;
  readonly quoted: string;
  readonly columns: readonly RandomColumn[];
}

const COLUMNS = `SELECT format('%s.%s', n.nspname, c.relname) AS name, format('%I.%I', n.nspname, c.relname) AS quoted, json_agg(json_build_object('name', a.attname,
    'type', format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END),
    'key', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)), 'required', a.attnotnull OR t.typnotnull) ORDER BY a.attnum) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'strangler') AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)
    AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) GROUP BY 1, 2 ORDER BY 1`;

/** Every table of the database that has a primary key, but for parts of others. */
export async function randomTables(client: pg.ClientBase): Promise<RandomTable[]> {
  return (await client.query<{ name: string; quoted: string; columns: RandomColumn[] }>(COLUMNS)).rows;
}

/** Values a key may have: few, so that rows meet. */
const KEYS = 400;
const WORDS = ['a', 'ä€😀', String.raw`\N`, `it's "q"`, 'tab\tnl\n', '', String.raw`\.`, '{x}', 'null', '  sp '];

/** A value as text, null now and then, or undefined for a type nobody has taught this. */
export function randomValue({ type, key, required }: RandomColumn, dice: () => number): string | null | undefined {
  const below = (end: number): number => Math.floor(dice() * end);
  if (!key && !required && below(4) === 0) return null;
  const [, first = '', second = '0'] = /\((\d+)(?:,(-?\d+))?\)/.exec(type) ?? [];
  const word = (length: number): string => Array.from(key ? String(below(KEYS)) : WORDS[below(WORDS.length)] ?? '').slice(0, length).join('');
  const instant = (): string => new Date((key ? 1e9 + below(KEYS) : below(2e9)) * 1_000).toISOString().replace('Z', '');
  const makers: readonly (readonly [RegExp, () => string])[] = [
    [/^(integer|bigint|smallint)$/, () => String(key ? below(KEYS) : below(20_000) - 9_000)],
    [/^(character|"char"|name)/, () => word(first === '' ? 1_000 : Number(first))],
    [/^text$/, () => (key ? word(9) : word(20).repeat(below(20) === 0 ? 900 : 1))],
    [/^numeric/, () => (first === '' ? String(dice() * 1e9) : (dice() * 10 ** Math.min(6, Number(first) - Number(second)) * 0.9).toFixed(Math.max(0, Number(second))))],
    [/^(real|double precision)$/, () => String(dice())], [/^money$/, () => String(below(1_000))],
    [/^boolean$/, () => (below(2) === 0 ? 'f' : 't')], [/^uuid$/, () => (key ? `00000000-0000-0000-0000-${String(below(KEYS)).padStart(12, '0')}` : randomUUID())],
    [/^xml$/, () => `<r>${String(below(1_000))}</r>`], [/^jsonb?$/, () => JSON.stringify({ n: below(1_000), of: WORDS[below(WORDS.length)] })],
    [/^bytea$/, () => String.raw`\x${below(2 ** 31).toString(16).padStart(8, '0')}`], [/^timestamp/, () => (!key && below(20) === 0 ? 'infinity' : instant())],
    [/^date$/, () => instant().slice(0, 10)], [/^time/, () => '12:34:56.789'], [/^interval/, () => '1 mon -3 days 04:05:06.7'], [/^inet$/, () => `10.0.0.${String(below(200))}`],
  ];
  return makers.find(([pattern]) => pattern.test(type))?.[1]();
}

/** One change of one row, kept or, where a constraint refuses it, not: an insert six times of ten, an update (a key among what it sets now and then), a deletion. */
export async function randomChange(client: pg.ClientBase, { quoted, columns }: RandomTable, dice: () => number): Promise<boolean> {
  const values = (of: readonly RandomColumn[]): (string | null)[] => of.map((column) => randomValue(column, dice) ?? null);
  const name = (column: RandomColumn): string => `"${column.name.replaceAll('"', '""')}"`;
  const one = `WHERE ctid = (SELECT ctid FROM ${quoted} OFFSET ${String(Math.floor(dice() * 20))} LIMIT 1)`;
  const kind = dice();
  const set = columns.filter(({ key }) => dice() < (key ? 0.06 : 0.5));
  const [text, with_]: [string, (string | null)[]] = kind < 0.6
    ? [`INSERT INTO ${quoted} (${columns.map(name).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${columns.map((_, index) => `$${String(index + 1)}`).join(', ')})`, values(columns)]
    : kind < 0.85 && set.length > 0 ? [`UPDATE ${quoted} SET ${set.map((column, index) => `${name(column)} = $${String(index + 1)}`).join(', ')} ${one}`, values(set)] : [`DELETE FROM ${quoted} ${one}`, []];
  await client.query('SAVEPOINT change');
  try {
    await client.query(text, with_);
    return true;
  } catch {
    await client.query('ROLLBACK TO change');
    return false;
  } finally {
    await client.query('RELEASE change');
  }
}
