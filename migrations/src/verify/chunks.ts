import type { KeyRange, KeyTexts } from './checksum.ts';
import { whereRange } from './checksum.ts';
import type { SideSql } from './comparison.ts';
import type { ReadSession } from './session.ts';

/** The key of every `chunkRows`-th row of a range, in key order. One pass over the key's index. */
export async function boundaries(session: ReadSession, side: SideSql, chunkRows: number, range: KeyRange = {}): Promise<KeyTexts[]> {
  const { where, values } = whereRange(side, range);
  const names = side.keys.map((_, index) => `k${String(index)}`);
  const rows = await session.rows(`SELECT ${names.map((name) => `format('%s', ${name}) AS ${name}`).join(', ')} FROM (
    SELECT ${side.keys.map((key, index) => `${key} AS k${String(index)}`).join(', ')}, row_number() OVER (ORDER BY ${side.keys.join(', ')}) AS place
      FROM ${side.from} t WHERE ${where}) numbered WHERE place % ${String(chunkRows)} = 0 ORDER BY place`, values);
  return rows.map((row) => names.map((name) => row[name] ?? ''));
}

/** The ranges between boundaries: together they hold every key there is, on either side, once. */
export function rangesBetween(bounds: readonly KeyTexts[], within: { readonly after?: KeyTexts; readonly upTo?: KeyTexts } = {}): Exclude<KeyRange, 'null-key'>[] {
  const edges = [within.after, ...bounds, within.upTo];
  return edges.slice(1).map((upTo, index) => {
    const after = edges[index];
    return { ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) };
  });
}
