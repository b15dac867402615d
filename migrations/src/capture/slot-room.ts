import { statfs } from 'node:fs/promises';
import type { Finding } from '@strangler/kernel';
import type pg from 'pg';
import { textRows, withConnection } from './connect.ts';

/** How much of the source's log a slot holds back, and how much more it may. All sizes in bytes. */
export interface SlotRoom {
  readonly slot: string;
  readonly active: boolean;
  /** WAL the server keeps because of this slot. */
  readonly keptBytes: number;
  /** What may still be written before the server gives the slot up; absent where `max_slot_wal_keep_size` sets no limit. */
  readonly safeBytes?: number;
  /** Free space of the disk the server's log lies on; absent where it cannot be seen from here. */
  readonly diskFreeBytes?: number;
}

const ROOM = `SELECT slot_name AS slot, active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS kept, safe_wal_size AS safe, inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1' AS near,
  CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') THEN current_setting('data_directory', true) END AS directory
  FROM pg_replication_slots WHERE slot_name = $1 AND restart_lsn IS NOT NULL`;

/** What the server says of a slot; undefined when there is none, or it is lost. The disk is seen only where the server runs on this machine. */
export async function slotRoom(source: pg.ClientBase, slot: string): Promise<SlotRoom | undefined> {
  const rows: Record<string, string | null>[] = await textRows<'slot' | 'active' | 'kept' | 'safe' | 'near' | 'directory'>(source, ROOM, [slot]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const free = row['near'] === 't' && typeof row['directory'] === 'string' ? await freeBytes(row['directory']) : undefined;
  return {
    slot, active: row['active'] === 't', keptBytes: Number(row['kept']),
    ...(typeof row['safe'] === 'string' ? { safeBytes: Number(row['safe']) } : {}),
    ...(free === undefined ? {} : { diskFreeBytes: free }),
  };
}

/** `slotRoom` over a connection of its own, by the slot's name. @throws StranglerError STR_DATABASE_UNREACHABLE */
export const readSlotRoom = (sourceUrl: string, slot: string): Promise<SlotRoom | undefined> => withConnection(sourceUrl, 'source', (client) => slotRoom(client, slot));

const freeBytes = (directory: string): Promise<number | undefined> =>
  statfs(directory).then(({ bavail, bsize }) => bavail * bsize, () => undefined);

const GIB = 2 ** 30;
/** Kept by a reader that keeps up: a few segments of 16 MiB. Beyond this it does not, or nobody reads. */
const MUCH = GIB;

/**
 * Whether a slot endangers its server's disk, or is endangered itself. Quiet while it keeps little. The thresholds leave time to act: a warning at half of what
 * may be kept, an error when less than a tenth is left, of the limit or of the disk. Of a slot that is not there nothing is said.
 */
export function judgeSlotRoom(room: SlotRoom | undefined, owner: SlotOwner = REPLICATION): Finding[] {
  if (room === undefined) return [];
  const findings = [...nearLimit(room, owner), ...fillsDisk(room, owner)];
  if (findings.length > 0 || room.active || room.keptBytes <= MUCH) return findings;
  return [{ code: 'STR_WAL_GROWS', severity: 'warning', where: 'source', message: `${kept(room, owner)}.`, remedy: owner.nobodyReads }];
}

const kept = ({ slot, active, keptBytes }: SlotRoom, { idle = 'and nobody reads it' }: SlotOwner): string => `The slot ${slot} keeps ${printBytes(keptBytes)} of WAL${active ? '' : `, ${idle}`}`;

function nearLimit(room: SlotRoom, owner: SlotOwner): Finding[] {
  const { active, keptBytes, safeBytes = Infinity } = room;
  return keptBytes <= safeBytes ? [] : [{
    code: 'STR_WAL_NEAR_LIMIT', severity: severity(keptBytes, safeBytes), where: 'source',
    message: `${kept(room, owner)}; after ${printBytes(Math.max(0, safeBytes))} more the server gives it up (max_slot_wal_keep_size), and ${owner.whenLost}.`,
    remedy: active ? "Find out what holds its reader back (`strangler status`), or raise the limit: ALTER SYSTEM SET max_slot_wal_keep_size = '…'; SELECT pg_reload_conf();" : owner.nobodyReads,
  }];
}

function fillsDisk(room: SlotRoom, owner: SlotOwner): Finding[] {
  const { active, keptBytes, diskFreeBytes = Infinity } = room;
  return keptBytes <= MUCH || keptBytes <= diskFreeBytes ? [] : [{
    code: 'STR_WAL_FILLS_DISK', severity: severity(keptBytes, diskFreeBytes), where: 'source',
    message: `${kept(room, owner)}; ${printBytes(diskFreeBytes)} are left on the source's disk. A full disk stops every writer of that server.`,
    remedy: active ? 'Make room, and find out what holds its reader back (`strangler status`).' : owner.nobodyReads,
  }];
}

const severity = (keptBytes: number, leftBytes: number): Finding['severity'] => (keptBytes > 9 * leftBytes ? 'error' : 'warning');

/** Whom a slot serves, in the words of its findings. */
export interface SlotOwner {
  /** What to do where nobody reads it. */
  readonly nobodyReads: string;
  /** What its loss would mean. */
  readonly whenLost: string;
  /** What it says of one that nobody reads. */
  readonly idle?: string;
}

const REPLICATION: SlotOwner = { nobodyReads: 'Start its reader (`strangler replicate`), or give the copy up: `strangler replicate NAME --remove --execute`.', whenLost: 'the copy must be made anew' };

/** Nobody ever streams from a spare slot: it follows what is applied. */
export const SPARE: SlotOwner = {
  idle: 'until it is applied', whenLost: 'the next start of the connector stops the sink',
  nobodyReads: 'Start the sink (`strangler replicate`); where it runs, find out what holds it back (`strangler status`). Or give the copy up: `strangler replicate NAME --remove --execute`.',
};

export function printBytes(bytes: number): string {
  const [unit, size] = bytes >= GIB ? ['GiB', GIB] as const : bytes >= 2 ** 20 ? ['MiB', 2 ** 20] as const : ['KiB', 2 ** 10] as const;
  return `${(bytes / size).toFixed(bytes >= 10 * size ? 0 : 1)} ${unit}`;
}
