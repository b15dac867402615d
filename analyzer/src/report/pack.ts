/**
 * A column of values by their kind: `s` texts (places in the table), `i` whole numbers, both as differences to the one before; `n` numbers, `b` booleans, `a` lists (lengths, then all items as one column),
 * `o` records (a column per key), `?` gaps (0 absent, 1 present, 2 null), `j` anything else.
 */
export type Column = readonly ['s' | 'i' | 'n' | 'b', ...number[]] | readonly ['a', readonly number[], Column] | readonly ['o', number, Readonly<Record<string, Column>>] | readonly ['?', readonly number[], Column] | readonly ['j', ...unknown[]];

export interface Packed {
  /** Every text once, in order: how many letters each shares with the one before it, and the rest of it. */
  readonly texts: readonly [readonly number[], readonly string[]];
  readonly root: Column;
}

/**
 * Plain data as columns with every text written once: a report of a thousand modules repeats the same paths ten thousand times.
 * `page/unpack.js` reverses it. Keys whose value is undefined are left out; the same value gives the same bytes.
 */
export function pack(value: unknown): Packed {
  const texts = new TextTable();
  const root = column([value], texts);
  return { texts: texts.finish(), root };
}

/** Places are given as texts are met, and changed at the end to those in sorted order: neighbours in the source are neighbours in the table, so that differences are short. */
class TextTable {
  readonly #places = new Map<string, number>();
  readonly #columns: ['s', ...number[]][] = [];

  column(values: readonly string[]): Column {
    const made: ['s', ...number[]] = ['s'];
    for (const text of values) {
      const place = this.#places.get(text) ?? this.#places.size;
      if (place === this.#places.size) this.#places.set(text, place);
      made.push(place);
    }
    this.#columns.push(made);
    return made;
  }

  finish(): [number[], string[]] {
    const texts = [...this.#places.keys()].sort();
    const rank = new Int32Array(texts.length);
    for (const [i, text] of texts.entries()) rank[this.#places.get(text) ?? 0] = i;
    for (const made of this.#columns) {
      let before = 0;
      for (let i = 1; i < made.length; i += 1) {
        const place = rank[Number(made[i])] ?? 0;
        made[i] = place - before;
        before = place;
      }
    }
    return frontCode(texts);
  }
}

function frontCode(texts: readonly string[]): [number[], string[]] {
  let before = '';
  const shared = texts.map((text) => {
    let n = 0;
    while (n < text.length && text.charCodeAt(n) === before.charCodeAt(n)) n += 1;
    before = text;
    return n;
  });
  return [shared, texts.map((text, i) => text.slice(shared[i]))];
}

function column(values: readonly unknown[], texts: TextTable): Column {
  if (values.includes(undefined) || values.includes(null)) {
    return ['?', values.map((value) => (value === undefined ? 0 : value === null ? 2 : 1)), column(values.filter((value) => value !== undefined && value !== null), texts)];
  }
  if (all(values, isText)) return texts.column(values);
  if (all(values, isNumber)) return values.every(Number.isSafeInteger) ? ['i', ...values.map((value, i) => value - (values[i - 1] ?? 0))] : ['n', ...values];
  if (all(values, isBoolean)) return ['b', ...values.map(Number)];
  if (all(values, isList)) return ['a', values.map(({ length }) => length), column(values.flat(), texts)];
  if (all(values, isRecord)) return ['o', values.length, records(values, texts)];
  return ['j', ...values];
}

function records(values: readonly Readonly<Record<string, unknown>>[], texts: TextTable): Record<string, Column> {
  const keys = new Set<string>();
  for (const record of values) for (const key of Object.keys(record)) keys.add(key);
  return Object.fromEntries([...keys].map((key) => [key, column(values.map((record) => record[key]), texts)]));
}

const all = <T>(values: readonly unknown[], is: (value: unknown) => value is T): values is readonly T[] => values.every(is);
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
