import { describe, expect, test } from '@jest/globals';
import { copyBounds, copyReaders, tooFarBehind, tooMuchWal, whileThereIs } from './copy-pace.ts';

const room = { slot: 'strangler_films', active: true, keptBytes: 5_000_000 };

describe('a copy', () => {
  test('waits for a target that is further behind than the config allows', () => {
    const bounds = copyBounds({ pauseAbove: { lagMegabytes: 3 } });
    expect(tooFarBehind(3_000_000, bounds)).toBeUndefined();
    expect(tooFarBehind(3_000_001, bounds)).toBe('for the target, which is 2.9 MiB behind');
    expect(tooFarBehind(256_000_000, copyBounds())).toBeUndefined();
  });

  test('minds the WAL that the slot keeps: the config\'s bound, or half of what the server keeps at most', () => {
    expect(tooMuchWal(room, copyBounds({ pauseAbove: { walMegabytes: 4 } }))).toBe('for the slot, which keeps 4.8 MiB of WAL');
    expect(tooMuchWal(room, copyBounds({ pauseAbove: { walMegabytes: 6 } }))).toBeUndefined();
    expect(tooMuchWal({ ...room, safeBytes: 4_000_000 }, copyBounds())).toBeDefined();
    expect(tooMuchWal({ ...room, safeBytes: 6_000_000 }, copyBounds())).toBeUndefined();
    expect(tooMuchWal(room, copyBounds())).toBeUndefined();
  });

  test('is read by two at once unless told otherwise', () => {
    expect([copyReaders(), copyReaders({ readers: 5 })]).toEqual([2, 5]);
  });

  test('goes on when there is no reason to wait any more, and tells once why it waits for long', async () => {
    const told: string[] = [];
    let looks = 0;
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    await whileThereIs(() => (looks < 250 ? `reason ${String(looks += 1)}` : undefined), clock, new AbortController().signal, (reason) => { told.push(reason); });
    expect(looks).toBe(250);
    expect(told).toHaveLength(1);
  });
});
