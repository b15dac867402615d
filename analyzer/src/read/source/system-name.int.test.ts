import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Disk } from './disk.ts';
import { systemName } from './system-name.ts';

const nameOf = (root: string): string => systemName(root, new Disk());

const directory = mkdtempSync(join(tmpdir(), 'strangler-name-'));
afterAll(() => { rmSync(directory, { recursive: true, force: true }); });

const at = (path: string, packages: Readonly<Record<string, string>> = {}): string => {
  mkdirSync(join(directory, path), { recursive: true });
  for (const [folder, name] of Object.entries(packages)) writeFileSync(join(directory, folder, 'package.json'), JSON.stringify({ name }));
  return join(directory, path);
};

describe('what a system is called', () => {
  test('like its folder', () => { expect(nameOf(at('cinema'))).toBe('cinema'); });
  test('like the folder above, where its own says nothing', () => { expect(nameOf(at('clinic/src/lib'))).toBe('clinic'); });
  test('like the nearest package that has a name of its own', () => {
    expect(nameOf(at('shelves/apps/server/src', { 'shelves/apps/server': '@shelves/server', shelves: 'bookshop' }))).toBe('shelves');
    expect(nameOf(at('lib/src', { lib: '@bookshop/stock' }))).toBe('stock');
  });
  test('not like what lies beyond the repository', () => {
    at('elsewhere/app/.git');
    expect(nameOf(at('elsewhere/app/src'))).toBe('src');
  });
});
