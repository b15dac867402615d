import { createRequire } from 'node:module';
import type * as TsMorph from 'ts-morph';

export interface ParsedJson {
  readonly value: unknown;
  /** What is wrong with it; `value` is what could be read around that. */
  readonly error?: string;
}

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const COMMENTS = new RegExp(String.raw`${STRING}|//[^\n\r]*|/\*[\s\S]*?\*/`, 'g');
const TRAILING = new RegExp(String.raw`${STRING}|,(?=\s*[\]}])`, 'g');

/** JSON as tsconfig.json has it, with comments and trailing commas. What is broken beyond that goes to TypeScript's own reader, which is large and loaded only then. */
export const parseJsonc = (path: string, text: string): ParsedJson => {
  try {
    const plain = text.replace(COMMENTS, (found) => (found.startsWith('"') ? found : ' ')).replace(TRAILING, (found) => (found === ',' ? '' : found));
    return { value: JSON.parse(plain) };
  } catch {
    return recovered(path, text);
  }
};

const recovered = (path: string, text: string): ParsedJson => {
  const { ts } = createRequire(import.meta.url)('ts-morph') as typeof TsMorph;
  const parsed: { readonly config?: unknown; readonly error?: TsMorph.ts.Diagnostic } = ts.parseConfigFileTextToJson(path, text);
  const { config, error } = parsed;
  return { value: config, ...(error === undefined ? {} : { error: ts.flattenDiagnosticMessageText(error.messageText, ' ') }) };
};
