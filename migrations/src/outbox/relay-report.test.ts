import { expect, test } from '@jest/globals';
import { parseLsn } from '../capture/lsn.ts';
import { judgeRelay, printWaiting, type RelayReport } from './relay-report.ts';

const GIB = 2 ** 30;
const slot = { slot: 'strangler_library_outbox', active: true, keptBytes: 0 };
const report = (more: Partial<RelayReport> = {}): RelayReport =>
  ({ phase: 'following', lsn: parseLsn('0/10'), delivered: 3, to: 'kafka', running: true, updatedAt: '2026-11-26T22:00:00.000Z', parked: 0, unreadBytes: 0, waiting: { events: 0, more: false }, slot, ...more });
const found = (more: Partial<RelayReport>): string[] => judgeRelay('library', report(more)).map(({ severity, code, where, message }) => `${severity} ${code} ${where ?? ''}: ${message}`);

test('a relay that runs and keeps up is not mentioned', () => {
  expect(found({})).toEqual([]);
});

test('one that stands still is, with what waits', () => {
  expect(found({ running: false, unreadBytes: 3 * GIB, waiting: { events: 1, more: false } })).toEqual(['warning STR_RELAY_STOPPED services.library.outbox: Nobody relays the outbox of library: 1 event in its log not delivered, 3.0 GiB of WAL not read.']);
  expect(found({ running: false, phase: 'reading' })).toHaveLength(1);
});

test('a slot that keeps much is, in the words of a relay', () => {
  const [grows, stopped] = judgeRelay('library', report({ running: false, slot: { ...slot, active: false, keptBytes: 5 * GIB } }));
  expect(grows).toMatchObject({ code: 'STR_WAL_GROWS', where: 'services.library.outbox', remedy: expect.stringContaining('strangler relay library') });
  expect(stopped?.code).toBe('STR_RELAY_STOPPED');
  expect(found({ slot: { ...slot, keptBytes: 5 * GIB, safeBytes: GIB } })).toEqual([expect.stringMatching(/^warning STR_WAL_NEAR_LIMIT .* what the outbox still holds must be delivered once more\.$/)]);
});

test('a slot that is gone is an error: the relay would refuse to start', () => {
  const { slot: gone, ...without } = report({ running: false });
  expect(gone).toBeDefined();
  expect(judgeRelay('library', without)).toMatchObject([{ code: 'STR_SLOT_MISSING', severity: 'error', remedy: expect.stringMatching(/^Take the relay away .*--remove --execute/) }]);
});

test('a long backlog is counted so far and no further', () => {
  expect([{ events: 1, more: false }, { events: 10_240, more: true }].map(printWaiting)).toEqual(['1 event', 'more than 10240 events']);
});
