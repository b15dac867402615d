import { expect, test } from '@jest/globals';
import { LSN_ZERO, type Lsn } from './lsn.ts';
import { beforeSnapshot, bytesBetween, CHUNK_BYTES } from './snapshot-positions.ts';

const C = 0x2000_0000n as Lsn;
const chunk = (number: bigint): Lsn => (beforeSnapshot(C) + number) as Lsn;

test.each([
  ['nothing is written yet', LSN_ZERO, LSN_ZERO, 0],
  ['three chunks are written, none is applied', LSN_ZERO, chunk(3n), 3 * CHUNK_BYTES],
  ['three chunks are written, two are applied', chunk(2n), chunk(3n), CHUNK_BYTES],
  ['all chunks are written, and the end of the snapshot', chunk(2n), C, 0],
  ['the snapshot is being applied, and changes wait behind it', chunk(2n), (C + 500n) as Lsn, 500],
  ['the snapshot is applied, and changes wait', (C + 100n) as Lsn, (C + 500n) as Lsn, 400],
])('how far the target is behind: %s', (_, applied, head, bytes) => {
  expect(bytesBetween(applied, head, C)).toBe(bytes);
});

test('without a snapshot a position is a byte', () => {
  expect(bytesBetween(100n as Lsn, 350n as Lsn, LSN_ZERO)).toBe(250);
});
