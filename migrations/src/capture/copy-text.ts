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
