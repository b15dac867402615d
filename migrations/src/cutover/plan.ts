import { StranglerError, type ReplicationConfig } from '@strangler/kernel';

export type Direction = 'forward' | 'back';

/** The steps in their order. After `flip` there is no way back but a cut-over in the other direction. */
export const STEPS = ['pre-check', 'prepare-reverse', 'hold', 'fence', 'drain', 'sequences', 'verify', 'lift', 'flip', 'reverse', 'release'] as const;
export type StepName = (typeof STEPS)[number];

export interface PlannedStep {
  readonly step: StepName;
  readonly does: string;
  /** What takes it back, when something fails before the flip. */
  readonly undo?: string;
}

export interface CutoverPlan {
  readonly name: string;
  readonly direction: Direction;
  readonly oldOwner: string;
  readonly newOwner: string;
  /** By the mapping's source name. */
  readonly tables: readonly string[];
  readonly oldTables: readonly string[];
  readonly newTables: readonly string[];
  readonly deadlineMs: number;
  readonly steps: readonly PlannedStep[];
  /** The command that goes back, once done. */
  readonly undo: string;
}

export interface PlanOptions {
  readonly name: string;
  readonly direction: Direction;
  /** Source tables of the mapping; together they must be whole write sets. */
  readonly tables: readonly string[];
  /** From the owner before the first cut-over to the service, whichever way this one goes. */
  readonly mapping: ReplicationConfig;
  /** From the first held write to the flip, milliseconds. */
  readonly deadlineMs: number;
  /** Compare all rows once more while writes are held: certain, and as long as the tables are large. */
  readonly verifyWhileHeld?: boolean;
}

/** What a cut-over would do, without doing any of it. @throws StranglerError STR_UNKNOWN_TABLE */
export function planCutover({ name, direction, tables, mapping, deadlineMs, verifyWhileHeld = false }: PlanOptions): CutoverPlan {
  const unknown = tables.filter((table) => !Object.hasOwn(mapping.tables, table));
  if (unknown.length > 0 || tables.length === 0) {
    throw new StranglerError({
      code: 'STR_UNKNOWN_TABLE', message: tables.length === 0 ? `'${name}' names no table to cut over.` : `'${name}' does not replicate ${unknown.join(', ')}, so nothing would follow the flip.`,
      remedy: `Replicated: ${Object.keys(mapping.tables).join(', ')}. Add the table to the replication first, and let it catch up.`,
    });
  }
  const into = tables.map((table) => mapping.tables[table]?.into ?? table);
  const [oldOwner, newOwner] = direction === 'forward' ? [mapping.from, mapping.to] : [mapping.to, mapping.from];
  const [oldTables, newTables] = direction === 'forward' ? [tables, into] : [into, tables];
  const plan = { name, direction, oldOwner, newOwner, tables, oldTables, newTables, deadlineMs };
  return { ...plan, steps: steps(plan, verifyWhileHeld), undo: `strangler cutover ${name}${direction === 'forward' ? ' --back' : ''} --why '…' --execute` };
}

function steps({ oldOwner, newOwner, oldTables, newTables, deadlineMs }: Omit<CutoverPlan, 'steps' | 'undo'>, verifyWhileHeld: boolean): PlannedStep[] {
  const [old, fresh] = [oldTables.join(', '), newTables.join(', ')];
  return [
    { step: 'pre-check', does: `replication from ${oldOwner} to ${newOwner} is alive and close behind, both sides hold the same rows, ${oldOwner} still owns ${old}` },
    { step: 'prepare-reverse', does: `refuse writes to ${fresh} in the database of ${newOwner} until the flip, and create the slot there from which changes will flow back to ${oldOwner}` },
    { step: 'hold', does: `hold new writes at the proxy, for ${String(deadlineMs)} ms at most, and wait for those in flight`, undo: `let them go to ${oldOwner}` },
    { step: 'fence', does: `refuse every other write to ${old} in the database of ${oldOwner}, and wait for transactions that already wrote`, undo: 'lift it' },
    { step: 'drain', does: `wait until ${newOwner} has applied everything up to a mark in the WAL` },
    { step: 'sequences', does: `meanwhile, move the sequences of ${fresh} beyond every value given out` },
    ...(verifyWhileHeld ? [{ step: 'verify', does: 'compare all rows while nobody writes' } as const] : []),
    { step: 'lift', does: `lift the fence on ${fresh} in the database of ${newOwner}`, undo: 'raise it again' },
    { step: 'flip', does: `send writes, the held ones first, to ${newOwner}: from here on the way back is a cut-over in the other direction` },
    { step: 'reverse', does: `start replication from ${newOwner} back to ${oldOwner}` },
    { step: 'release', does: 'end the hold' },
  ];
}

/** The plan as lines for a person. */
export function printPlan({ name, direction, oldOwner, newOwner, tables, steps: planned, undo }: CutoverPlan): string[] {
  return [
    `Cut-over '${name}' (${direction}): ${tables.join(', ')} from ${oldOwner} to ${newOwner}.`,
    ...planned.map(({ step, does, undo: back }, index) => `${String(index + 1).padStart(2)}. ${step.padEnd(15)} ${does}${back === undefined ? '' : ` (undo: ${back})`}`),
    `Past the deadline everything goes back to ${oldOwner}, unchanged. Afterwards, to go back: ${undo}`,
  ];
}
