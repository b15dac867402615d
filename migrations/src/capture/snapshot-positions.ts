import { maxLsn, type Lsn } from './lsn.ts';

/** A chunk is one transaction in the log and at the target: bounded memory here, bounded locks there. */
export const CHUNK_BYTES = 2_000_000;
/**
 * Chunks are numbered with the positions just below the slot's consistent point: nothing the slot streams lies there, and the log keeps one order.
 * A million chunks of two megabytes is as far as one snapshot goes; a fresh cluster's first position is already above sixteen million.
 */
const RESERVED_POSITIONS = 1n << 20n;

/** The position before a snapshot's first chunk. */
export const beforeSnapshot = (consistentPoint: Lsn): Lsn => (consistentPoint - RESERVED_POSITIONS) as Lsn;

/**
 * About how many bytes lie between what is applied and the log's end: a position of the WAL is a byte, one of a snapshot a chunk. Once the log has passed the snapshot only
 * the WAL behind it counts: how many of the positions were used is not known any more.
 */
export function bytesBetween(applied: Lsn, head: Lsn, consistentPoint: Lsn): number {
  if (head >= consistentPoint) return Math.max(0, Number(head - maxLsn(applied, consistentPoint)));
  const first = beforeSnapshot(consistentPoint);
  return Math.max(0, Number(maxLsn(head, first) - maxLsn(applied, first))) * CHUNK_BYTES;
}
