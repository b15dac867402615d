/** @import { Column, Packed } from '../pack.ts' */

/**
 * The report's data as it was before `pack` wrote it in columns.
 * @param {unknown} packed what `pack` made
 * @returns {unknown}
 */
export function unpack(packed) {
  const { words: [shared, rests], texts, root } = /** @type {Packed} */ (packed);
  /** @type {string[]} */
  const words = [];
  for (const [i, rest] of rests.entries()) words.push((words[i - 1] ?? '').slice(0, shared[i]) + rest);
  const told = texts.map((spelled) => (typeof spelled === 'number' ? words[spelled] : spelled.map((id) => words[id]).join(' ')) ?? '');
  return values(root, told)[0];
}

/**
 * @param {Column} column
 * @param {readonly string[]} texts
 * @returns {unknown[]}
 */
function values(column, texts) {
  switch (column[0]) {
    case 's': return column.slice(1).map((id) => texts[Number(id)]);
    case 'b': return column.slice(1).map(Boolean);
    case 'a': return lists(column[1], values(column[2], texts));
    case 'o': return records(column[1], column[2], texts);
    case '?': return gaps(column[1], values(column[2], texts));
    default: return column.slice(1);
  }
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
