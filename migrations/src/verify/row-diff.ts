import { boundaries, rangesBetween } from './chunks.ts';
import { checksum, rowHash, sameChecksum, whereRange, type HashMethod, type KeyRange, type KeyTexts } from './checksum.ts';
import type { Comparison, SideSql } from './comparison.ts';
import type { ReadSession, TextRow } from './session.ts';
import type { RowDifference, RowKey } from './verdict.ts';

/** The two sides of one comparison, each read through its own session. */
export interface Sides {
  readonly comparison: Comparison;
  readonly source: ReadSession;
  readonly target: ReadSession;
  readonly method: HashMethod;
}

/** Small enough to fetch key and hash of each row; above it, halving by checksum moves less. */
const FETCH_ROWS = 4_000;
const SPLIT = 16;

/** The keys in a range whose rows are not equal now, in key order; at most `limit`. */
export async function differingKeys(sides: Sides, range: KeyRange, limit: number): Promise<KeyTexts[]> {
  const { comparison: { source, target }, method } = sides;
  const [a, b] = await Promise.all([checksum(sides.source, source, range, method), checksum(sides.target, target, range, method)]);
  if (sameChecksum(a, b)) return [];
  if (range === 'null-key' || Math.max(a.rows, b.rows) <= FETCH_ROWS) return compareHashes(sides, range, limit);
  const [session, side] = a.rows >= b.rows ? [sides.source, source] : [sides.target, target];
  const found: KeyTexts[] = [];
  for (const part of rangesBetween(await boundaries(session, side, Math.ceil(Math.max(a.rows, b.rows) / SPLIT), range), range)) {
    if (found.length >= limit) break;
    found.push(...await differingKeys(sides, part, limit - found.length));
  }
  return found;
}

/** Grouped by key, so that a key that occurs twice differs from one that occurs once. */
async function compareHashes(sides: Sides, range: KeyRange, limit: number): Promise<KeyTexts[]> {
  const read = async (session: ReadSession, side: SideSql): Promise<Map<string, string>> => {
    const { where, values } = whereRange(side, range);
    const rows = await session.rows(`SELECT ${keyTexts(side)} AS key, count(*) || ' ' || sum(${rowHash(side, sides.method)}) AS h FROM ${side.from} t WHERE ${where}
      GROUP BY ${side.keys.join(', ')} ORDER BY ${side.keys.join(', ')}`, values);
    return new Map(rows.map((row) => [row['key'] ?? '', row['h'] ?? '']));
  };
  const [a, b] = await Promise.all([read(sides.source, sides.comparison.source), read(sides.target, sides.comparison.target)]);
  const changed = [...a.keys()].filter((key) => a.get(key) !== b.get(key));
  const extra = [...b.keys()].filter((key) => !a.has(key));
  return [...changed, ...extra].slice(0, limit).map((key) => JSON.parse(key) as KeyTexts);
}

/** A key as JSON: an array of texts, so that no separator can be mistaken for data. */
const keyTexts = ({ keys }: SideSql): string => `json_build_array(${keys.map((key) => `CASE WHEN ${key} IS NULL THEN NULL ELSE format('%s', ${key}) END`).join(', ')})::text`;

/** What the two sides hold for one key: the rows as text, in a stable order. */
export interface RowPair {
  readonly key: KeyTexts;
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** Reads single rows on both sides. The pairs come in the order of `keys`. */
export async function rowPairs(sides: Sides, keys: readonly KeyTexts[]): Promise<RowPair[]> {
  const read = async (session: ReadSession, side: SideSql): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    for (const row of await rowsOf(session, side, keys)) {
      const key = row['key'] ?? '';
      found.set(key, [...found.get(key) ?? [], row['row'] ?? '']);
    }
    return found;
  };
  const [a, b] = await Promise.all([read(sides.source, sides.comparison.source), read(sides.target, sides.comparison.target)]);
  const canonical = (key: KeyTexts): string => JSON.stringify(key);
  const byKey = (rows: Map<string, string[]>): Map<string, string[]> => new Map([...rows].map(([key, value]) => [canonical(JSON.parse(key) as KeyTexts), value.sort()]));
  const [source, target] = [byKey(a), byKey(b)];
  return keys.map((key) => ({ key, source: source.get(canonical(key)) ?? [], target: target.get(canonical(key)) ?? [] }));
}

async function rowsOf(session: ReadSession, side: SideSql, keys: readonly KeyTexts[]): Promise<readonly TextRow[]> {
  const select = `SELECT ${keyTexts(side)} AS key, to_json(ARRAY[${side.texts.join(', ')}]::text[])::text AS row FROM ${side.from} t`;
  const [nulls, whole] = [keys.filter(hasNull), keys.filter((key) => !hasNull(key))];
  const wanted = side.keyCasts.map((cast, index) => `$${String(index + 1)}::text[]::${cast}[]`).join(', ');
  const columns = side.keys.map((_, index) => `k${String(index)}`);
  return [
    ...(whole.length === 0 ? [] : await session.rows(`${select} JOIN unnest(${wanted}) AS w(${columns.join(', ')}) ON (${side.keys.join(', ')}) = (${columns.map((name) => `w.${name}`).join(', ')})`,
      side.keys.map((_, index) => whole.map((key) => key[index] ?? null)))),
    ...(nulls.length === 0 ? [] : await session.rows(`${select} WHERE ${whereRange(side, 'null-key').where}`)),
  ];
}

const hasNull = (key: readonly (string | null)[]): boolean => key.includes(null);

export const equal = ({ source, target }: RowPair): boolean => source.length === target.length && source.every((row, index) => row === target[index]);

/** Says how a pair of unequal rows differs. */
export function describe({ keyColumns, columns }: Comparison, pair: RowPair): RowDifference {
  const key: RowKey = Object.fromEntries(keyColumns.map((name, index) => [name, pair.key[index] ?? null]));
  if (pair.target.length < pair.source.length) return { key, kind: 'missing', columns: [] };
  if (pair.target.length > pair.source.length) return { key, kind: 'extra', columns: [] };
  const differing = new Set(pair.source.flatMap((row, index) => differingColumns(row, pair.target[index] ?? '[]', columns)));
  return { key, kind: 'different', columns: columns.filter((name) => differing.has(name)) };
}

function differingColumns(source: string, target: string, columns: readonly string[]): string[] {
  const [a, b] = [JSON.parse(source) as (string | null)[], JSON.parse(target) as (string | null)[]];
  return columns.filter((_, index) => a[index] !== b[index]);
}
