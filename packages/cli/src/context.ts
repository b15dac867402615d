import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { loadConfig, resolveSetting, StranglerError, type MigrationConfig, type ReplicationConfig } from '@strangler/kernel';
import type { ParseArgsOptionsConfig } from 'node:util';
import { text, type Invocation } from './command.ts';

/** Options of every command that reads the config. */
export const CONFIG_OPTIONS: ParseArgsOptionsConfig = {
  config: { type: 'string' },
  state: { type: 'string' },
};

export const CONFIG_HELP = `  --config FILE   default: strangler.config.ts (.yaml) here
  --state DIR     live state: stages, audit, logs; default: .strangler beside the config
  --json          the same answer for a program`;

/** A config and where its live state lies. Config says what is meant, state says what is. */
export interface Migration {
  readonly config: MigrationConfig;
  readonly configFile: string;
  readonly stateDirectory: string;
}

export async function loadMigration({ values, io }: Invocation): Promise<Migration> {
  const { file, config } = await loadConfig(resolve(io.cwd, text(values, 'config') ?? '.'));
  return { config, configFile: file, stateDirectory: stateDirectory(values, io, dirname(file)) };
}

export function stateDirectory(values: Invocation['values'], io: Invocation['io'], base = io.cwd): string {
  const named = text(values, 'state') ?? io.environment['STRANGLER_STATE'];
  return named === undefined ? join(base, '.strangler') : resolve(io.cwd, named);
}

/**
 * Makes the state directory. It holds the admin token and rows of the databases: it stays out of the repository it lies in,
 * without anybody having to think of it.
 */
export async function prepareStateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

/** Database URLs of both sides of a replication. */
export function replicationSides({ config }: Migration, replication: ReplicationConfig, io: Invocation['io']): { readonly sourceUrl: string; readonly targetUrl: string } {
  return { sourceUrl: databaseUrl(config, replication.from, io), targetUrl: databaseUrl(config, replication.to, io) };
}

function databaseUrl(config: MigrationConfig, side: string, io: Invocation['io']): string {
  const owner = side === 'monolith' ? config.monolith : config.services[side];
  if (owner === undefined) throw new Error(`checked config names an unknown side ${side}`);
  return resolveSetting(owner.database, io.environment);
}

/** @throws StranglerError STR_UNKNOWN_REPLICATION with the names there are. */
export function findReplication({ config }: Migration, name: string): ReplicationConfig {
  const found = config.replication?.[name];
  if (found !== undefined) return found;
  throw new StranglerError({
    code: 'STR_UNKNOWN_REPLICATION',
    message: `The config has no replication '${name}'.`,
    remedy: `Declared: ${Object.keys(config.replication ?? {}).join(', ') || 'none'}.`,
  });
}

/** Who asked, for the audit. */
export const whoAsks = ({ values, io }: Invocation): string => text(values, 'by') ?? io.environment['STRANGLER_BY'] ?? userInfo().username;

/** @throws StranglerError STR_USAGE when a positional is missing. */
export function required(value: string | undefined, what: string, usage: string): string {
  if (value !== undefined && value !== '') return value;
  throw new StranglerError({ code: 'STR_USAGE', message: `${what} is missing.`, remedy: `strangler ${usage}` });
}
