import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openKept, type KeptFiles } from './kept-files.ts';
import { packed, unpack } from './pack.ts';

let directory = '';
beforeEach(() => { directory = join(mkdtempSync(join(tmpdir(), 'strangler-kept-')), 'cache'); });

const notes: string[] = [];
const open = (): KeptFiles => openKept(directory, '/shop', (text) => { notes.push(text); });
const packFile = (): string => join(directory, readdirSync(directory).find((name) => name.endsWith('.pack')) ?? '');
/** How often the work was really done for these films. */
const worked = (...films: string[]): number => {
  const kept = open();
  let made = 0;
  for (const film of films) {
    expect(kept.recall('facts', [film], () => {
      made += 1;
      return new Map([['title', film]]);
    })).toEqual(new Map([['title', film]]));
  }
  kept.save();
  return made;
};

describe('what an earlier run made', () => {
  test('is not made again for the same input, and is for another', () => {
    expect(worked('alien', 'brazil')).toBe(2);
    expect(worked('alien', 'brazil')).toBe(0);
    expect(worked('alien', 'casablanca')).toBe(1);
  });

  test('is dropped when a run no longer uses it', () => {
    worked('alien', 'brazil');
    worked('alien');
    expect(worked('brazil')).toBe(1);
  });

  test('is made again where a byte of it is damaged, wherever that is', () => {
    worked('alien', 'brazil');
    const whole = readFileSync(packFile());
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      writeFileSync(packFile(), damaged);
      expect(worked('alien', 'brazil')).toBeGreaterThan(0);
      expect(worked('alien', 'brazil')).toBe(0);
    }), { numRuns: 20 });
  });

  test('is taken as far as it goes from a file that ends in the middle', () => {
    worked('alien', 'brazil');
    writeFileSync(packFile(), readFileSync(packFile()).subarray(0, -5));
    expect(worked('alien', 'brazil')).toBe(1);
  });

  test('keeps itself out of git', () => {
    worked('alien');
    expect(readFileSync(join(directory, '.gitignore'), 'utf8')).toBe('*\n');
  });
});

test('where nothing can be written, that is said once and the work is done all the same', () => {
  // Not even root can make a directory below a file.
  const file = join(mkdtempSync(join(tmpdir(), 'strangler-kept-')), 'file');
  writeFileSync(file, '');
  directory = join(file, 'cache');
  notes.length = 0;
  expect(worked('alien', 'brazil')).toBe(2);
  expect(notes).toEqual([expect.stringContaining('Nothing is kept for the next run')]);
});

test('a run that dies while it writes leaves what was there before', () => {
  worked('alien');
  writeFileSync(`${packFile()}.0badcafe`, readFileSync(packFile()).subarray(0, 20));
  expect(worked('alien')).toBe(0);
});

test('a pack holds what was put into it', () => {
  const entries = new Map(['00', 'ff'].map((byte) => [byte.repeat(32), Buffer.from(`film ${byte}`)]));
  expect(unpack(packed(entries))).toEqual(entries);
});
