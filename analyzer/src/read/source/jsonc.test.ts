import { expect, test } from '@jest/globals';
import { parseJsonc } from './jsonc.ts';

test('comments and trailing commas are no part of a tsconfig, but in strings they are text', () => {
  const text = '{ // the shop\n "paths": { "@/*": ["src/*",], /* all */ "http://films": ["a,}"] },\n}';
  expect(parseJsonc('tsconfig.json', text)).toEqual({ value: { paths: { '@/*': ['src/*'], 'http://films': ['a,}'] } } });
});

test('a broken file is read as far as it goes, and says what is wrong', () => {
  const { value, error } = parseJsonc('tsconfig.json', '{ "compilerOptions": { "baseUrl": "src"');
  expect(value).toEqual({ compilerOptions: { baseUrl: 'src' } });
  expect(error).toBe("'}' expected.");
});
