import type { Finding, ReplicationConfig } from '@strangler/kernel';
import { judgeSlotRoom, keepsSpare, objectName, printBytes, printLsn, readCheckpoint, readSlotRoom, SPARE, spareSlotName, type Checkpoint, type SlotRoom } from '@strangler/migrations';
import type { Invocation } from '../command.ts';
import { replicationSides, type Migration } from '../context.ts';
import { table } from '../print/table.ts';
import { pausedOf, type PausedStatus } from './paused.ts';

/** A replication as its two databases and its log know it. */
export interface ReplicationStatus {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly checkpoint?: Pick<Checkpoint, 'phase' | 'parked' | 'eventsApplied' | 'transactionsApplied' | 'rowsSnapshotted' | 'committedAtMs'> & { readonly lsn: string };
  /** What the slot keeps of the source's log. */
  readonly slot?: SlotRoom;
  /** And what a spare one keeps until it is applied, where there is one. */
  readonly spareSlot?: SlotRoom;
  /** Tables that stand still while the others go on. */
  readonly paused: readonly PausedStatus[];
  readonly findings: readonly Finding[];
  /** Why nothing is known. */
  readonly unknown?: string;
}

export async function replicationStatus(migration: Migration, name: string, { io }: Invocation): Promise<ReplicationStatus> {
  const mapping = migration.config.replication?.[name];
  if (mapping === undefined) throw new Error(`checked config lost the replication ${name}`);
  const [slot, spareSlot, paused] = await Promise.all([
    slotOf(migration, objectName(name), mapping, io), keepsSpare(mapping) ? slotOf(migration, spareSlotName(name), mapping, io) : undefined, pausedOf(migration, name, mapping, io),
  ]);
  const findings = [...judgeSlotRoom(slot), ...judgeSlotRoom(spareSlot, SPARE)].map((finding) => ({ ...finding, where: `replication.${name}` }));
  const base = { name, from: mapping.from, to: mapping.to, paused, findings, ...(slot === undefined ? {} : { slot }), ...(spareSlot === undefined ? {} : { spareSlot }) };
  try {
    const found = await readCheckpoint(replicationSides(migration, mapping, io).targetUrl, name);
    if (found === undefined) return { ...base, unknown: 'not started' };
    const { phase, parked, lsn, eventsApplied, transactionsApplied, rowsSnapshotted, committedAtMs } = found;
    return { ...base, checkpoint: { phase, parked, lsn: printLsn(lsn), eventsApplied, transactionsApplied, rowsSnapshotted, ...(committedAtMs === undefined ? {} : { committedAtMs }) } };
  } catch (error) {
    return { ...base, unknown: (error as Error).message };
  }
}

/** A source that cannot be asked is said by what asks for more than its slot. */
async function slotOf(migration: Migration, slot: string, mapping: ReplicationConfig, io: Invocation['io']): Promise<SlotRoom | undefined> {
  try {
    return await readSlotRoom(replicationSides(migration, mapping, io).sourceUrl, slot);
  } catch {
    return undefined;
  }
}

export const printReplications = (replications: readonly ReplicationStatus[]): string =>
  table(replications.map(printReplication), ['replication', 'from → to', 'phase', 'applied', 'last commit', 'dead letters', 'WAL kept']);

export const printSlot = ({ keptBytes, safeBytes, active }: SlotRoom): string => `${printBytes(keptBytes)}${safeBytes === undefined ? '' : ` of ${printBytes(keptBytes + safeBytes)}`}${active ? '' : ', not read'}`;

const printSlots = (slot: SlotRoom | undefined, spare: SlotRoom | undefined): string =>
  [slot === undefined ? [] : printSlot(slot), spare === undefined ? [] : `spare ${printBytes(spare.keptBytes)}`].flat().join('; ');

const printParked = (name: string, parked: number): string => parked === 0 ? '' : `${String(parked)} (strangler dead-letters list ${name})`;

const printReplication = ({ name, from, to, checkpoint, slot, spareSlot, unknown }: ReplicationStatus): string[] => [
  name, `${from} → ${to}`, checkpoint?.phase ?? unknown ?? '', checkpoint === undefined ? '' : `${String(checkpoint.eventsApplied)} events, ${String(checkpoint.rowsSnapshotted)} rows copied`,
  checkpoint?.committedAtMs === undefined ? '' : new Date(checkpoint.committedAtMs).toISOString(),
  printParked(name, checkpoint?.parked ?? 0),
  printSlots(slot, spareSlot),
];
