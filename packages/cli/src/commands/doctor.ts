import { access, constants, statfs } from 'node:fs/promises';
import { ExitCode, resolveSetting, StranglerError, type Environment, type Finding, type MigrationConfig, type Setting } from '@strangler/kernel';
import { preflight, withoutPaused } from '@strangler/migrations';
import type { Command, Invocation } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, prepareStateDirectory, replicationSides, type Migration } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { pausedFindings, pausedOf } from '../status/paused.ts';
import { relayStatuses } from '../status/relays.ts';

/** Below this a stalled reader can fill the disk with log before anybody looks. */
const LOW_DISK_BYTES = 1_000_000_000;

export const command: Command = {
  usage: 'doctor',
  help: `Looks at everything a migration needs and reports all that is missing at once: settings, the monolith, the services, both databases
of every replication (WAL level, keys, privileges, columns), tables that are paused, relays that stand still, the state directory
and its disk. It changes nothing but to make the state directory.

${CONFIG_HELP}`,
  options: CONFIG_OPTIONS,
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const { environment } = invocation.io;
    const found = (await Promise.all([
      Promise.resolve(unsetSettings(migration.config, environment)),
      ...httpSides(migration.config).map(([where, setting]) => reachable(where, setting, environment)),
      ...Object.keys(migration.config.replication ?? {}).map((name) => replicationReady(migration, name, invocation)),
      relaysReady(migration, invocation),
      stateReady(migration.stateDirectory),
    ])).flat();
    const stops = found.some(({ severity }) => severity === 'error');
    return {
      exitCode: stops ? ExitCode.environment : ExitCode.ok,
      text: found.length === 0 ? 'Everything a migration needs is here.' : `${printFindings(found)}${stops ? 'Mend these first.' : 'Nothing here stops you.'}`,
      json: { ready: !stops, findings: found },
    };
  },
};

/** Every setting the config names, with the place that names it. */
function settings(config: MigrationConfig): [string, Setting][] {
  return [
    ['monolith.url', config.monolith.url], ['monolith.database', config.monolith.database],
    ...Object.entries(config.services).flatMap(([name, { url, database }]): [string, Setting][] => [[`services.${name}.url`, url], [`services.${name}.database`, database]]),
  ];
}

const unsetSettings = (config: MigrationConfig, environment: Environment): Finding[] => settings(config).flatMap(([where, setting]) => {
  if (typeof setting === 'string' || (environment[setting.env] ?? '') !== '') return [];
  return [{ code: 'STR_MISSING_SETTING', severity: 'error', where, message: `${setting.env} is not set.`, remedy: 'Export it, or write it into .env here.' }];
});

const httpSides = (config: MigrationConfig): [string, Setting][] => settings(config).filter(([where]) => where.endsWith('.url'));

async function reachable(where: string, setting: Setting, environment: Environment): Promise<Finding[]> {
  const url = optional(setting, environment);
  if (url === undefined) return [];
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(5_000) });
    return [];
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    const monolith = where.startsWith('monolith');
    return [{
      code: monolith ? 'STR_MONOLITH_UNREACHABLE' : 'STR_SERVICE_UNREACHABLE', severity: monolith ? 'error' : 'warning', where,
      message: `${url} does not answer (${cause}).`, remedy: monolith ? 'Start the monolith, or correct the URL.' : 'Needed before its first shadow; start it, or correct the URL.',
    }];
  }
}

async function replicationReady(migration: Migration, name: string, { io }: Invocation): Promise<Finding[]> {
  const mapping = migration.config.replication?.[name];
  if (mapping === undefined) return [];
  const where = `replication.${name}`;
  try {
    const { sourceUrl, targetUrl } = replicationSides(migration, mapping, io);
    // The monolith holds its rows already: the way back never starts with a copy, and nobody should be told to empty the original.
    const startFrom = mapping.to === 'monolith' ? 'now' as const : 'snapshot' as const;
    const paused = await pausedOf(migration, name, mapping, io);
    // What became of a table that has left the stream keeps nobody from starting: it is warned of, not looked at.
    const left = new Set(paused.filter(({ kind }) => kind === 'left').map(({ table }) => table));
    const found = await preflight({ name, mapping: withoutPaused(mapping, left), sourceUrl, targetUrl, startFrom });
    return [...pausedFindings({ name, paused }), ...found.map((finding) => ({ ...finding, where: finding.where === undefined ? where : `${where} ${finding.where}` }))];
  } catch (error) {
    if (error instanceof StranglerError && error.code === 'STR_MISSING_SETTING') return [];
    if (error instanceof StranglerError) return [{ code: error.code, severity: 'error', where, message: error.message, remedy: error.remedy }];
    return [{ code: 'STR_DATABASE_UNREACHABLE', severity: 'error', where, message: (error as Error).message, remedy: 'Start the database, or correct its URL.' }];
  }
}

/** A database that does not answer is said where a replication needs it, and by `status`. */
async function relaysReady(migration: Migration, invocation: Invocation): Promise<Finding[]> {
  return (await relayStatuses(migration, invocation)).flatMap(({ findings }) => findings);
}

async function stateReady(directory: string): Promise<Finding[]> {
  try {
    await prepareStateDirectory(directory);
    await access(directory, constants.W_OK);
  } catch (error) {
    return [{ code: 'STR_STATE_UNWRITABLE', severity: 'error', where: directory, message: `The state directory cannot be written: ${(error as Error).message}`, remedy: 'Choose another with --state.' }];
  }
  const disk = await statfs(directory);
  const free = disk.bavail * disk.bsize;
  return free >= LOW_DISK_BYTES ? [] : [{
    code: 'STR_LOW_DISK', severity: 'warning', where: directory, message: `${String(Math.round(free / 1e6))} MB are left on its disk.`, remedy: 'The change log lies here and grows with the writes; make room.',
  }];
}

function optional(setting: Setting, environment: Environment): string | undefined {
  try {
    return resolveSetting(setting, environment);
  } catch {
    return undefined;
  }
}
