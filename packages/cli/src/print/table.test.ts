import { expect, test } from '@jest/globals';
import { table } from './table.ts';

test('columns stand under each other, numbers to the right, no line ends in blanks', () => {
  expect(table([['tea', '7', ''], ['biscuits', '1,200', 'x']], ['what', 'n', 'note'])).toBe([
    'what          n  note',
    'tea           7',
    'biscuits  1,200  x',
  ].join('\n'));
});

test('no rows make no text', () => {
  expect(table([])).toBe('');
});
