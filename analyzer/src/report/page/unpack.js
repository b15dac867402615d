/** @import { Column, Packed } from '../pack.ts' */

/**
 * The report's data as it was before `pack` wrote it in columns.
 * @param {unknown} packed what `pack` made
 * @returns {unknown}
 */
export function unpack(packed) {
  const { texts: [shared, rests], root } = /** @type {Packed} */ (packed);
  let before = '';
  const texts = rests.map((rest, i) => (before = before.slice(0, shared[i]) + rest));
  return values(root, texts)[0];
}

/**
 * @param {Column} column
 * @param {readonly string[]} texts
 * @returns {unknown[]}
 */
function values(column, texts) {
  switch (column[0]) {
    case 's': return sums(column).map((place) => texts[place]);
    case 'i': return sums(column);
    case 'b': return column.slice(1).map(Boolean);
    case 'a': return lists(column[1], values(column[2], texts));
    case 'o': return records(column[1], column[2], texts);
    case '?': return gaps(column[1], values(column[2], texts));
    default: return column.slice(1);
  }
}

/**
 * Each number was written as its difference to the one before.
 * @param {readonly [string, ...number[]]} column
 */
function sums([, ...differences]) {
  let sum = 0;
  return differences.map((difference) => (sum += difference));
}

/**
 * @param {readonly number[]} lengths
 * @param {readonly unknown[]} items
 */
function lists(lengths, items) {
  let at = 0;
  return lengths.map((length) => items.slice(at, at += length));
}

/**
 * @param {readonly number[]} marks
 * @param {readonly unknown[]} present
 */
function gaps(marks, present) {
  let at = 0;
  return marks.map((mark) => (mark === 1 ? present[at++] : mark === 2 ? null : undefined));
}

/**
 * @param {number} n
 * @param {Readonly<Record<string, Column>>} columns
 * @param {readonly string[]} texts
 */
function records(n, columns, texts) {
  /** @type {Record<string, unknown>[]} */
  const made = Array.from({ length: n }, () => ({}));
  for (const [key, column] of Object.entries(columns)) {
    for (const [i, value] of values(column, texts).entries()) {
      const record = made[i];
      if (record !== undefined && value !== undefined) record[key] = value;
    }
  }
  return made;
}
