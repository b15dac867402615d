import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ColumnText } from './change-event.ts';
import { parseCopyRow } from './copy-text.ts';

/** As the server escapes (PostgreSQL, CopyAttributeOutText). */
const printField = (value: ColumnText): string => value === null ? '\\N'
  : value.replaceAll(/[\\\b\f\n\r\t\v]/g, (letter) => `\\${{ '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v' }[letter] ?? letter}`);

const field = fc.option(fc.string({ unit: fc.constantFrom('a', 'ü', '😀', '\\', '\t', '\n', '\r', '\b', '\f', '\v', 'N', '.', ' ') }), { nil: null });

describe('a row of COPY', () => {
  test('reads back as the server printed it', () => {
    fc.assert(fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), (values) => {
      expect(parseCopyRow(values.map(printField).join('\t'))).toEqual(values);
    }));
  });

  test('tells the text \\N from NULL', () => {
    expect(parseCopyRow('\\N\t\\\\N')).toEqual([null, '\\N']);
  });
});
