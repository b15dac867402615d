/** A tuple of pgoutput is `columns u16 { n | u | t length u32 text }`: NULL, a TOASTed value that did not change and is not there, and the value as text. */
export const NULL_VALUE = 0x6e;
export const UNCHANGED_VALUE = 0x75;
export const TEXT_VALUE = 0x74;

/** Without Buffer's checks: a hot loop reads four bytes some ten times per row. */
export const u32 = (bytes: Buffer, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;

export const u16 = (bytes: Buffer, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** Where the column that begins at `at` ends. */
export const afterColumn = (bytes: Buffer, at: number): number => (bytes[at] === TEXT_VALUE ? at + 5 + u32(bytes, at + 1) : at + 1);

/** Where the tuple that begins at `at` ends. */
export function afterTuple(bytes: Buffer, at: number): number {
  let position = at + 2;
  for (let left = u16(bytes, at); left > 0; left -= 1) position = afterColumn(bytes, position);
  return position;
}

/** Where column `index` of the tuple begins; -1 when it has no such column. */
export function columnAt(bytes: Buffer, tuple: number, index: number): number {
  if (index < 0 || index >= u16(bytes, tuple)) return -1;
  let position = tuple + 2;
  for (let left = index; left > 0; left -= 1) position = afterColumn(bytes, position);
  return position;
}

export function hasUnchanged(bytes: Buffer, tuple: number): boolean {
  let position = tuple + 2;
  for (let left = u16(bytes, tuple); left > 0; left -= 1) {
    if (bytes[position] === UNCHANGED_VALUE) return true;
    position = afterColumn(bytes, position);
  }
  return false;
}

/**
 * The newer tuple with what it left out taken from the older one, which may know only some columns (`knows`): a key tuple says NULL for all others.
 * Both have the columns of one relation.
 */
export function mergeTuples(newer: Buffer, newerAt: number, older: Buffer, olderAt: number, knows: (index: number) => boolean): Buffer {
  const count = u16(newer, newerAt);
  const parts: Buffer[] = [newer.subarray(newerAt, newerAt + 2)];
  let [a, b] = [newerAt + 2, olderAt + 2];
  for (let index = 0; index < count; index += 1) {
    const [endA, endB] = [afterColumn(newer, a), afterColumn(older, b)];
    parts.push(newer[a] === UNCHANGED_VALUE && knows(index) ? older.subarray(b, endB) : newer.subarray(a, endA));
    [a, b] = [endA, endB];
  }
  return Buffer.concat(parts);
}
