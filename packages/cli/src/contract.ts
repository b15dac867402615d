import type { MigrationConfig } from '@strangler/kernel';
import { contractDatabase, expandAgain, type Contracted, type ContractReport } from '@strangler/migrations';

/** What a contraction did or would do: steps, and what was left alone with the reason. */
export interface ContractOutcome {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly report: ContractReport | { readonly restored: readonly Contracted[] };
}

/** Contracts the monolith's database, or takes that back. @throws StranglerError STR_NOT_CUT_OVER, STR_TABLE_LOCKED, STR_REFERENCE_LOST, STR_ARCHIVE_GONE */
export async function contract({ services, replication = {} }: MigrationConfig, url: string, direction: 'up' | 'down', execute: boolean): Promise<ContractOutcome> {
  const side = 'monolith';
  if (direction === 'down') {
    const { restored } = await expandAgain({ url, side, execute });
    return { lines: restored.map(restoring), notes: [], report: { restored } };
  }
  const back = Object.fromEntries(Object.entries(replication).filter(([, { to }]) => to === side).map(([name, { tables }]) => [name, Object.entries(tables).map(([table, { into }]) => into ?? table)]));
  const report = await contractDatabase({ url, side, moving: Object.values(services).flatMap(({ owns }) => owns.tables), back, execute });
  return { lines: steps(report), notes: leftAlone(report), report };
}

const restoring = ({ kind, name, relation, definition }: Contracted): string => kind === 'archive' ? `bring ${definition}.${name} back to ${relation}.${name}` : `add the foreign key ${name} on ${relation}: ${definition}`;

const steps = ({ foreignKeys, archive }: ContractReport): string[] => [
  ...foreignKeys.map(({ name, table, references }) => `drop the foreign key ${name} on ${table}, to ${references}`),
  ...archive.map(({ table, from, to }) => `archive ${from}.${table} as ${to}.${table}`),
];

const leftAlone = ({ followed, ownHere }: ContractReport): string[] => [
  ...[...new Set(followed.map(({ by }) => by))].map((by) => `${followed.filter((each) => each.by === by).map(({ table }) => table).join(', ')}: not archived while ${by} writes there. When nobody goes back any more: strangler replicate ${by} --remove --execute, then this once more.`),
  ...(ownHere.length === 0 ? [] : [`${ownHere.join(', ')}: left alone, still written here (no cut-over yet).`]),
];
