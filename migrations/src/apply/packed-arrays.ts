import { afterColumn, TEXT_VALUE, u32 } from '../capture/tuple.ts';
import type { RowAt } from './packed-plan.ts';

const ARRAY_HEADER = 20;
const TEXT_OID = 25;

/** One `text[]` per column in PostgreSQL's binary format (array_recv): `dimensions i32 | has null i32 | element type u32 | count i32 | lower bound i32 { length i32 bytes }`. */
export function textArrays(rows: readonly RowAt[], columns: readonly number[]): Buffer[] {
  const width = Math.max(...columns) + 1;
  const starts = new Int32Array(rows.length * width);
  const sizes = new Int32Array(width);
  for (const [index, row] of rows.entries()) measure(row, index * width, width, starts, sizes);
  return columns.map((column) => {
    const array = Buffer.allocUnsafe(ARRAY_HEADER + (sizes[column] ?? 0));
    for (const [index, value] of [1, 1, TEXT_OID, rows.length, 1].entries()) array.writeInt32BE(value, index * 4);
    let end = ARRAY_HEADER;
    for (const [index, { bytes }] of rows.entries()) end = element(bytes, starts[index * width + column] ?? 0, array, end);
    return array;
  });
}

/** Notes where the columns of a row begin, and how many bytes each adds to its array. */
function measure({ bytes, at }: RowAt, base: number, width: number, starts: Int32Array, sizes: Int32Array): void {
  let position = at + 2;
  for (let column = 0; column < width; column += 1) {
    starts[base + column] = position;
    const end = afterColumn(bytes, position);
    sizes[column] = (sizes[column] ?? 0) + (bytes[position] === TEXT_VALUE ? end - position - 1 : 4);
    position = end;
  }
}

function element(bytes: Buffer, at: number, array: Buffer, to: number): number {
  if (bytes[at] === TEXT_VALUE) return copyBytes(bytes, at + 1, 4 + u32(bytes, at + 1), array, to);
  array.fill(0xff, to, to + 4); // -1: NULL
  return to + 4;
}

/** For a few bytes a call into the runtime costs more than the copy. */
function copyBytes(from: Buffer, at: number, length: number, to: Buffer, position: number): number {
  if (length > 40) from.copy(to, position, at, at + length);
  else for (let index = 0; index < length; index += 1) to[position + index] = from[at + index] ?? 0;
  return position + length;
}
