import { describe, expect, test } from '@jest/globals';
import { judgeSlotRoom, printBytes, SPARE, type SlotRoom } from './slot-room.ts';

const GIB = 2 ** 30;
const found = (room: Partial<SlotRoom>): string[] => judgeSlotRoom({ slot: 'strangler_films', active: true, keptBytes: 0, ...room }).map(({ severity, code }) => `${severity} ${code}`);

describe('a slot', () => {
  test.each<[string, Partial<SlotRoom>, string[]]>([
    ['that is read and keeps up is nobody\'s worry', { keptBytes: 48 * 2 ** 20, safeBytes: 8 * GIB, diskFreeBytes: GIB }, []],
    ['with half of its limit used up warns', { keptBytes: 5 * GIB, safeBytes: 3 * GIB }, ['warning STR_WAL_NEAR_LIMIT']],
    ['with less than a tenth of its limit left is an error', { keptBytes: 7.5 * GIB, safeBytes: 0.5 * GIB }, ['error STR_WAL_NEAR_LIMIT']],
    ['past its limit (safe size below zero) is an error', { keptBytes: 9 * GIB, safeBytes: -GIB }, ['error STR_WAL_NEAR_LIMIT']],
    ['without a limit that keeps more than the disk has left warns', { keptBytes: 6 * GIB, diskFreeBytes: 5 * GIB }, ['warning STR_WAL_FILLS_DISK']],
    ['that has nearly filled the disk is an error', { keptBytes: 50 * GIB, diskFreeBytes: 2 * GIB }, ['error STR_WAL_FILLS_DISK']],
    ['nobody reads warns once it keeps much', { active: false, keptBytes: 2 * GIB }, ['warning STR_WAL_GROWS']],
    ['nobody reads is silent while it keeps little', { active: false, keptBytes: 16 * 2 ** 20 }, []],
    ['can be short of both', { active: false, keptBytes: 20 * GIB, safeBytes: GIB, diskFreeBytes: GIB }, ['error STR_WAL_NEAR_LIMIT', 'error STR_WAL_FILLS_DISK']],
  ])('%s', (_what, room, expected) => {
    expect(found(room)).toEqual(expected);
  });

  test('says how much it keeps and who must act', () => {
    const [finding] = judgeSlotRoom({ slot: 'strangler_films', active: false, keptBytes: 5 * GIB, safeBytes: 3 * GIB });
    expect(finding?.message).toBe('The slot strangler_films keeps 5.0 GiB of WAL, and nobody reads it; after 3.0 GiB more the server gives it up (max_slot_wal_keep_size), and the copy must be made anew.');
    expect(finding?.remedy).toContain('strangler replicate');
  });

  test('that is spare has no reader to be missed', () => {
    expect(judgeSlotRoom({ slot: 'strangler__spare_films', active: false, keptBytes: 2 * GIB }, SPARE)).toMatchObject([{ code: 'STR_WAL_GROWS', message: 'The slot strangler__spare_films keeps 2.0 GiB of WAL, until it is applied.', remedy: expect.stringContaining('Start the sink') }]);
    expect(judgeSlotRoom(undefined)).toEqual([]);
  });
});

test('sizes are printed in the unit a person would use', () => {
  expect([0, 16 * 2 ** 20, 1.5 * GIB, 120 * GIB].map(printBytes)).toEqual(['0.0 KiB', '16 MiB', '1.5 GiB', '120 GiB']);
});
