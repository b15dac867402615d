/** A column of values by their kind: `s` strings (places in the table), `n` numbers, `b` booleans, `a` lists (lengths, then all items as one column), `o` records (a column per key), `?` gaps (0 absent, 1 present, 2 null), `j` anything else. */
export type Column = readonly ['s' | 'n' | 'b', ...number[]] | readonly ['a', readonly number[], Column] | readonly ['o', number, Readonly<Record<string, Column>>] | readonly ['?', readonly number[], Column] | readonly ['j', ...unknown[]];

export interface Packed {
  /** Distinct words in order: what each shares with the one before it, and the rest of it. */
  readonly words: readonly [readonly number[], readonly string[]];
  /** Texts, the most used first, as the words they are made of. */
  readonly texts: readonly (number | readonly number[])[];
  readonly root: Column;
}

/**
 * Plain data as columns with every text written once: a report of a thousand modules repeats the same paths ten thousand times.
 * `page/unpack.js` reverses it. Keys whose value is undefined are left out; the same value gives the same bytes.
 */
export function pack(value: unknown): Packed {
  const counts = new Map<string, number>();
  count(value, counts);
  const texts = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([text]) => text);
  const words = [...new Set(texts.flatMap((text) => text.split(' ')))].sort();
  const wordIds = new Map(words.map((word, i) => [word, i]));
  const ids = new Map(texts.map((text, i) => [text, i]));
  return { words: frontCode(words), texts: texts.map((text) => spell(text, wordIds)), root: column([value], ids) };
}

function count(value: unknown, counts: Map<string, number>): void {
  if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) count(inner, counts);
}

function spell(text: string, wordIds: ReadonlyMap<string, number>): number | number[] {
  const spelled = text.split(' ').map((word) => wordIds.get(word) ?? 0);
  return spelled.length === 1 ? spelled[0] ?? 0 : spelled;
}

/** Sorted words share long beginnings: only what differs is kept. */
function frontCode(words: readonly string[]): [number[], string[]] {
  const shared = words.map((word, i) => {
    const before = words[i - 1] ?? '';
    let n = 0;
    while (n < word.length && word[n] === before[n]) n += 1;
    return n;
  });
  return [shared, words.map((word, i) => word.slice(shared[i]))];
}

function column(values: readonly unknown[], ids: ReadonlyMap<string, number>): Column {
  if (values.some((value) => value === undefined || value === null)) {
    return ['?', values.map((value) => (value === undefined ? 0 : value === null ? 2 : 1)), column(values.filter((value) => value !== undefined && value !== null), ids)];
  }
  if (all(values, isText)) return ['s', ...values.map((text) => ids.get(text) ?? 0)];
  if (all(values, isNumber)) return ['n', ...values];
  if (all(values, isBoolean)) return ['b', ...values.map(Number)];
  if (all(values, isList)) return ['a', values.map(({ length }) => length), column(values.flat(), ids)];
  if (all(values, isRecord)) return ['o', values.length, records(values, ids)];
  return ['j', ...values];
}

function records(values: readonly Readonly<Record<string, unknown>>[], ids: ReadonlyMap<string, number>): Record<string, Column> {
  const keys = [...new Set(values.flatMap((record) => Object.keys(record)))];
  return Object.fromEntries(keys.map((key) => [key, column(values.map((record) => record[key]), ids)]));
}

const all = <T>(values: readonly unknown[], is: (value: unknown) => value is T): values is readonly T[] => values.every(is);
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
