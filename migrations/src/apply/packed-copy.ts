import { afterColumn, afterTuple, NULL_VALUE, u16 } from '../capture/tuple.ts';
import type { RowAt } from './packed-plan.ts';

const [TAB, LINE_END, RETURN, BACKSLASH, CAPITAL_N] = [0x09, 0x0a, 0x0d, 0x5c, 0x4e];
/** What follows the backslash. */
const ESCAPED: Readonly<Record<number, number>> = { [TAB]: 0x74, [LINE_END]: 0x6e, [RETURN]: 0x72, [BACKSLASH]: BACKSLASH };

/** Rows in COPY's text format (PostgreSQL docs, COPY, "Text Format"). @param wanted by place in the tuple */
export function copyRows(rows: readonly RowAt[], wanted: readonly boolean[]): Buffer {
  // A field takes five bytes and its value in a tuple, and two and its value here, unless much of it is escaped.
  const writer = new CopyWriter(rows.reduce((sum, { bytes, at }) => sum + afterTuple(bytes, at) - at, 0));
  for (const row of rows) writer.row(row, wanted);
  return writer.written;
}

/** COPY text with only the wanted fields of each line; a tab or line end inside a value is escaped and cannot be mistaken. */
export function keepFields(text: Buffer, wanted: readonly boolean[]): Buffer {
  const kept = Buffer.allocUnsafe(text.length);
  let [used, field, begun] = [0, 0, false];
  for (const byte of text) {
    if (byte === LINE_END) {
      kept[used++] = LINE_END;
      [field, begun] = [0, false];
    } else if (byte === TAB) {
      begun ||= wanted[field] === true;
      field += 1;
      if (begun && wanted[field] === true) kept[used++] = TAB;
    } else if (wanted[field] === true) {
      kept[used++] = byte;
    }
  }
  return kept.subarray(0, used);
}

class CopyWriter {
  private bytes: Buffer;
  private used = 0;

  constructor(room: number) {
    this.bytes = Buffer.allocUnsafe(Math.max(room, 256));
  }

  get written(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  row({ bytes, at }: RowAt, wanted: readonly boolean[]): void {
    const count = u16(bytes, at);
    let [position, first] = [at + 2, true];
    for (let column = 0; column < count; column += 1) {
      const end = afterColumn(bytes, position);
      if (wanted[column] === true) {
        this.room(2 * (end - position) + 4);
        if (!first) this.bytes[this.used++] = TAB;
        first = false;
        if (bytes[position] === NULL_VALUE) this.null();
        else this.value(bytes, position + 5, end);
      }
      position = end;
    }
    this.room(1);
    this.bytes[this.used++] = LINE_END;
  }

  private null(): void {
    this.bytes[this.used++] = BACKSLASH;
    this.bytes[this.used++] = CAPITAL_N;
  }

  private value(from: Buffer, start: number, end: number): void {
    const { bytes } = this;
    let used = this.used;
    for (let at = start; at < end; at += 1) {
      const byte = from[at] ?? 0;
      if (byte === BACKSLASH || (byte <= RETURN && ESCAPED[byte] !== undefined)) {
        bytes[used++] = BACKSLASH;
        bytes[used++] = ESCAPED[byte] ?? byte;
      } else {
        bytes[used++] = byte;
      }
    }
    this.used = used;
  }

  private room(needed: number): void {
    if (this.used + needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * this.bytes.length + needed);
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
  }
}
