import { ExitCode, printStage, type Finding, type ReplicationConfig } from '@strangler/kernel';
import { judgeSlotRoom, printBytes, printLsn, readCheckpoint, readSlotRoom, type Checkpoint, type SlotRoom } from '@strangler/migrations';
import { AdminClient, readStateDirectory, type StateDirectory, type Status } from '@strangler/proxy';
import type { Command, Invocation } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, replicationSides, type Migration } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { table } from '../print/table.ts';

export const command: Command = {
  usage: 'status',
  help: `Where every route and every replication is: stage, evidence, requests, what was applied last; and where that differs from what the config starts with.
Without a running proxy it shows the last durable stages.

${CONFIG_HELP}`,
  options: CONFIG_OPTIONS,
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const kept = await readStateDirectory(migration.stateDirectory);
    const live = await liveStatus(kept);
    const replications = await Promise.all(Object.keys(migration.config.replication ?? {}).map((name) => replicationStatus(migration, name, invocation)));
    return {
      exitCode: ExitCode.ok,
      text: [live === undefined ? printKept(migration, kept) : printLive(live), table(replications.map(printReplication), ['replication', 'from → to', 'phase', 'applied', 'last commit', 'dead letters', 'WAL kept']), ...printWarnings(replications)].join('\n\n'),
      json: { proxy: live ?? { running: false, routes: kept.state?.routes ?? {} }, replications },
    };
  },
};

async function liveStatus({ discovery, running, token }: StateDirectory): Promise<Status | undefined> {
  if (discovery === undefined || !running || token === undefined) return undefined;
  return new AdminClient({ adminUrl: discovery.adminUrl, token }).status();
}

function printLive({ routes, requests, proxy, findings, fences, epoch }: Status): string {
  const rows = routes.map(({ id, match, notation, configured, drift, evidence, write, requests: counts, since }) => [
    id, match, notation, drift ? `config: ${printStage(configured)}` : '', String(counts.monolith), String(counts.service), write ? 'by cut-over' : evidence.verdict, since.slice(0, 19),
  ]);
  return [
    `Proxy at ${proxy.url}, admin at ${proxy.adminUrl}, epoch ${String(epoch)}; ${String(requests.failed)} requests failed since its start.`,
    table(rows, ['route', 'match', 'stage', 'drift', 'monolith', 'service', 'evidence', 'since']),
    ...fences.map(({ tables, by, deadline }) => `Writes to ${tables.join(', ')} are held by ${by} until ${deadline}.`),
    ...(findings.length === 0 ? [] : [printFindings(findings).trimEnd()]),
  ].join('\n');
}

function printKept({ config }: Migration, { state }: StateDirectory): string {
  const rows = Object.entries(config.routes).map(([id, { match, stage }]) => {
    const now = state?.routes[id];
    return [id, match, printStage(now?.stage ?? stage), now?.since.slice(0, 19) ?? 'never started', now?.by ?? ''];
  });
  return `No proxy runs here; its last durable stages:\n${table(rows, ['route', 'match', 'stage', 'since', 'by'])}`;
}

interface ReplicationStatus {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly checkpoint?: Pick<Checkpoint, 'phase' | 'parked' | 'eventsApplied' | 'transactionsApplied' | 'rowsSnapshotted' | 'committedAtMs'> & { readonly lsn: string };
  /** What the slot keeps of the source's log. */
  readonly slot?: SlotRoom;
  readonly findings: readonly Finding[];
  /** Why nothing is known. */
  readonly unknown?: string;
}

async function replicationStatus(migration: Migration, name: string, { io }: Invocation): Promise<ReplicationStatus> {
  const mapping = migration.config.replication?.[name];
  if (mapping === undefined) throw new Error(`checked config lost the replication ${name}`);
  const slot = await slotOf(migration, name, mapping, io);
  const findings = slot === undefined ? [] : judgeSlotRoom(slot).map((finding) => ({ ...finding, where: `replication.${name}` }));
  const base = { name, from: mapping.from, to: mapping.to, findings, ...(slot === undefined ? {} : { slot }) };
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
async function slotOf(migration: Migration, name: string, mapping: ReplicationConfig, io: Invocation['io']): Promise<SlotRoom | undefined> {
  try {
    return await readSlotRoom(replicationSides(migration, mapping, io).sourceUrl, name);
  } catch {
    return undefined;
  }
}

function printWarnings(replications: readonly ReplicationStatus[]): string[] {
  const findings = replications.flatMap((replication) => replication.findings);
  return findings.length === 0 ? [] : [printFindings(findings).trimEnd()];
}

const printSlot = ({ keptBytes, safeBytes, active }: SlotRoom): string => `${printBytes(keptBytes)}${safeBytes === undefined ? '' : ` of ${printBytes(keptBytes + safeBytes)}`}${active ? '' : ', not read'}`;

const printParked = (name: string, parked: number): string => parked === 0 ? '' : `${String(parked)} (strangler dead-letters list ${name})`;

const printReplication = ({ name, from, to, checkpoint, slot, unknown }: ReplicationStatus): string[] => [
  name, `${from} → ${to}`, checkpoint?.phase ?? unknown ?? '', checkpoint === undefined ? '' : `${String(checkpoint.eventsApplied)} events, ${String(checkpoint.rowsSnapshotted)} rows copied`,
  checkpoint?.committedAtMs === undefined ? '' : new Date(checkpoint.committedAtMs).toISOString(),
  printParked(name, checkpoint?.parked ?? 0),
  slot === undefined ? '' : printSlot(slot),
];
