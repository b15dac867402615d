import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const TOOLKIT = ['analyzer/src', 'strangler-proxy/src', 'migrations/src', 'migrations/schema', 'packages'];

describe('docs/errors.md', () => {
  const documented = codesOf(/^\| `(STR_[A-Z0-9_]+)` \|/gm, readFileSync(join(ROOT, 'docs/errors.md'), 'utf8'));
  const raised = new Set(TOOLKIT.flatMap(sources).flatMap((file) => codesIn(readFileSync(file, 'utf8'))));

  test('has a row for every code the toolkit can raise', () => {
    expect([...raised].filter((code) => !documented.includes(code)).sort()).toEqual([]);
  });

  test('has no row for a code that no longer exists', () => {
    expect(documented.filter((code) => !raised.has(code)).sort()).toEqual([]);
  });

  test('lists each code once, in alphabetical order, so that a reader finds it', () => {
    expect(documented).toEqual([...new Set(documented)].sort());
  });

  test('is looked up in real sources', () => {
    expect(raised.has('STR_BAD_CONFIG')).toBe(true);
    expect(raised.has('STR_OLD_NODE')).toBe(true);
  });
});

/** A code in quotes, or at the head of a message (`STR_BUG — …`, 'STR_FENCED: …'); a mention in a comment is neither. */
function codesIn(text: string): string[] {
  return codesOf(/['"`](STR_[A-Z0-9_]*[A-Z0-9])(?:['"`]|: | — )/g, withoutComments(text));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function codesOf(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, code = '']) => code);
}

/** Every source file of a part of the toolkit; tests and test helpers may invent codes. */
function sources(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|js)$/.test(name) && !/(\.test\.ts$|(^|\/)(node_modules|fixtures|test|bench|testkit)\/)/.test(name))
    .map((name) => join(ROOT, directory, name));
}
