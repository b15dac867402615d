import { ExitCode, printStage } from '@strangler/kernel';
import { AdminClient, readStateDirectory, type StateDirectory, type Status } from '@strangler/proxy';
import type { Command } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, type Migration } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { table } from '../print/table.ts';
import { printPausedTables } from '../status/paused.ts';
import { printRelays, relayStatuses } from '../status/relays.ts';
import { printReplications, replicationStatus } from '../status/replications.ts';

export const command: Command = {
  usage: 'status',
  help: `Where every route, replication and relay is: stage, evidence, requests, what was applied or delivered last, which tables are paused; and where that differs
from what the config starts with.
Without a running proxy it shows the last durable stages.

${CONFIG_HELP}`,
  options: CONFIG_OPTIONS,
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const kept = await readStateDirectory(migration.stateDirectory);
    const live = await liveStatus(kept);
    const [replications, relays] = await Promise.all([
      Promise.all(Object.keys(migration.config.replication ?? {}).map((name) => replicationStatus(migration, name, invocation))),
      relayStatuses(migration, invocation),
    ]);
    const findings = [...replications, ...relays].flatMap((one) => one.findings);
    return {
      exitCode: ExitCode.ok,
      text: [
        live === undefined ? printKept(migration, kept) : printLive(live), printReplications(replications), ...printPausedTables(replications), ...printRelays(relays),
        ...(findings.length === 0 ? [] : [printFindings(findings).trimEnd()]),
      ].join('\n\n'),
      json: { proxy: live ?? { running: false, routes: kept.state?.routes ?? {} }, replications, relays },
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
