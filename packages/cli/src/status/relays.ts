import { join } from 'node:path';
import { resolveSetting, type Finding } from '@strangler/kernel';
import { judgeRelay, printBytes, printLsn, printWaiting, readRelay, type RelayReport } from '@strangler/migrations';
import type { Invocation } from '../command.ts';
import type { Migration } from '../context.ts';
import { table } from '../print/table.ts';
import { printSlot } from './replications.ts';

/** A service's relay as the service's database and the log here know it. */
export interface RelayStatus {
  readonly service: string;
  /** As it runs, or ran last; before its first start as the config says. */
  readonly to: string;
  readonly relay?: Omit<RelayReport, 'lsn' | 'to'> & { readonly lsn: string };
  readonly findings: readonly Finding[];
  /** Why nothing is known. */
  readonly unknown?: string;
}

/** Of every service whose outbox the config names, and of every other one whose database knows a relay (`strangler relay SERVICE --to …`). */
export async function relayStatuses(migration: Migration, { io }: Invocation): Promise<RelayStatus[]> {
  const found = await Promise.all(Object.keys(migration.config.services).map((service) => relayStatus(migration, service, io)));
  return found.filter((status) => status !== undefined);
}

async function relayStatus({ config, stateDirectory }: Migration, service: string, io: Invocation['io']): Promise<RelayStatus | undefined> {
  const { database, outbox } = config.services[service] ?? {};
  const nothing = (unknown: string): RelayStatus | undefined => outbox === undefined ? undefined : { service, to: outbox.to, findings: [], unknown };
  try {
    const report = database === undefined ? undefined : await readRelay({ service, url: resolveSetting(database, io.environment), table: outbox?.table ?? 'outbox', logDirectory: join(stateDirectory, 'log') });
    if (report === undefined) return nothing('not started');
    const { to, lsn, ...relay } = report;
    return { service, to, relay: { ...relay, lsn: printLsn(lsn) }, findings: judgeRelay(service, report) };
  } catch (error) {
    return nothing((error as Error).message);
  }
}

export function printRelays(relays: readonly RelayStatus[]): string[] {
  return relays.length === 0 ? [] : [table(relays.map(printRelay), ['relay', 'to', 'state', 'delivered', 'last position', 'last delivery', 'behind', 'parked', 'WAL kept'])];
}

function printRelay({ service, to, relay, unknown }: RelayStatus): string[] {
  if (relay === undefined) return [service, to, unknown ?? '', '', '', '', '', '', ''];
  const { phase, running, delivered, lsn, updatedAt, parked, slot } = relay;
  return [
    service, to, `${running ? 'running' : 'stopped'}${phase === 'reading' ? ', reading the outbox' : ''}`, `${String(delivered)} events`, lsn, updatedAt, printBehind(relay),
    parked === 0 ? '' : `${String(parked)} (strangler relay ${service} --parked)`, slot === undefined ? '' : printSlot(slot),
  ];
}

function printBehind({ waiting, unreadBytes, running }: NonNullable<RelayStatus['relay']>): string {
  const events = waiting === undefined ? 'its log is not here' : `${printWaiting(waiting)}${waiting.since === undefined ? '' : ` since ${waiting.since}`}`;
  return running || unreadBytes === undefined ? events : `${events}, ${printBytes(unreadBytes)} of WAL unread`;
}
