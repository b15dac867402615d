import { StranglerError, type MigrationConfig } from '@strangler/kernel';
import { connectClient, connectorConfigs, enginesOf, sourceState, type ConnectClient, type Settings, type SourceState } from '@strangler/migrations';
import { flag, text, type Invocation } from '../command.ts';
import { loadMigration, type Migration } from '../context.ts';

/** What every act on Connect needs: the worker, and the connectors that were named (all of the config by default). */
export interface ConnectContext {
  readonly migration: Migration;
  readonly client: ConnectClient;
  readonly wanted: ReadonlyMap<string, Settings>;
}

/** A source that could not be asked, and why. */
export interface Silent { readonly silent: string }

const DEFAULT_URL = 'http://127.0.0.1:8083';

export async function connectContext(invocation: Invocation, names: readonly string[]): Promise<ConnectContext> {
  const { values, io } = invocation;
  const migration = await loadMigration(invocation);
  const client = connectClient(text(values, 'url') ?? io.environment['CONNECT_URL'] ?? DEFAULT_URL);
  return { migration, client, wanted: named(generated(migration.config, invocation), names) };
}

/** The connectors of the config by name. */
export function generated(config: MigrationConfig, { values, io }: Invocation): ReadonlyMap<string, Settings> {
  const secretsFile = text(values, 'secrets-file');
  const connectors = connectorConfigs(config, { engines: enginesOf(config, io.environment), beside: flag(values, 'beside'), ...(secretsFile === undefined ? {} : { secretsFile }) });
  return new Map([...connectors.values()].map((connector) => [connector.name, connector.config]));
}

function named(all: ReadonlyMap<string, Settings>, names: readonly string[]): ReadonlyMap<string, Settings> {
  const unknown = names.filter((name) => !all.has(name));
  if (unknown.length > 0) throw new StranglerError({ code: 'STR_UNKNOWN_CONNECTOR', message: `The config makes no connector ${unknown.map((name) => `'${name}'`).join(', ')}.`, remedy: `It makes: ${[...all.keys()].join(', ') || 'none'}.` });
  return names.length === 0 ? all : new Map([...all].filter(([name]) => names.includes(name)));
}

/** What the source says about a connector, or why it said nothing; undefined where there is nothing to ask from here. Never a reason to fail: Connect may stand nearer to it. */
export async function askSource({ config }: Migration, name: string, settings: Settings, { environment }: Invocation['io']): Promise<SourceState | Silent | undefined> {
  if (settings['slot.name'] === undefined) return undefined;
  const side = config.replication?.[name]?.from ?? name.replace(/-outbox$/, '');
  const setting = side === 'monolith' ? config.monolith.database : config.services[side]?.database;
  const url = setting === undefined || typeof setting === 'string' ? setting : environment[setting.env];
  return url === undefined ? undefined : sourceState(url, settings).catch((error: unknown) => ({ silent: error instanceof Error ? error.message : String(error) }));
}
