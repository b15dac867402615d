import type { ColumnText } from './change-event.ts';

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** One row of COPY's text format (PostgreSQL docs, COPY, "Text Format"), without its line end. */
export function parseCopyRow(line: string): ColumnText[] {
  const fields: ColumnText[] = line.split('\t');
  if (!line.includes('\\')) return fields;
  return fields.map((field) => (field === '\\N' || field === null ? null : unescape(field)));
}

/** The server writes only these escapes; a backslash before anything else stands for that character. */
const unescape = (field: string): string => (field.includes('\\') ? field.replaceAll(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter) : field);

/** Cuts a byte stream into lines. A chunk may end anywhere, even inside a character. */
export class LineSplitter {
  private rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): string[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const end = bytes.lastIndexOf(0x0a);
    if (end < 0) {
      this.rest = Buffer.from(bytes);
      return [];
    }
    this.rest = Buffer.from(bytes.subarray(end + 1));
    return bytes.toString('utf8', 0, end).split('\n');
  }
}
