import { describe, expect, test } from '@jest/globals';
import { kindOf } from './classify.ts';

describe('what a file is for', () => {
  test('a script that brings stored data to a version is a migration, whatever its folder is called', () => {
    for (const path of ['src/upgrades/1.13.0/shelf_counts.js', 'src/upgrade/v2.1/prices.ts', 'lib/updates/1.2.3.js', 'upgrades/stock/1.0.2-shelves.js']) expect([path, kindOf(path, 'module.exports = {}', false)]).toEqual([path, 'migration']);
  });

  test('a folder of that name without versions is the program\'s', () => {
    for (const path of ['src/upgrades/membership.ts', 'src/updates/feed/service.ts', 'src/patches/2/index.ts', 'src/v1.2/films.ts']) expect([path, kindOf(path, 'export const a = 1', false)]).toEqual([path, 'source']);
  });
});
