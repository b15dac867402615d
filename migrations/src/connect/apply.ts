import { ExitCode, FindingsError, StranglerError, type Finding } from '@strangler/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectClient, Registered } from './client.ts';
import { planConnectors, type ConnectPlan } from './plan.ts';
import { withoutSecrets, type Settings } from './settings.ts';
import { remedyFor, troubleOf, type Trouble } from './trouble.ts';

export interface AppliedConnector {
  readonly name: string;
  readonly action: 'registered' | 'updated' | 'unchanged';
  /** What was registered before, for the undo. */
  readonly before?: Settings;
  readonly state: 'running' | 'starting' | 'failed';
  readonly trouble?: Trouble;
}

export interface ApplyOptions {
  /** How long to wait for the connectors to run. 60 s by default. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Makes Connect run these connectors. All of them are tried before the first is registered, so that a mistake in one leaves everything as it was.
 * @throws FindingsError STR_CONNECTOR_REFUSED with every error of every connector; StranglerError STR_CONNECTOR_PLUGIN_MISSING
 */
export async function applyConnectors(client: ConnectClient, wanted: ReadonlyMap<string, Settings>, { patienceMs = 60_000, signal }: ApplyOptions = {}): Promise<AppliedConnector[]> {
  await validateConnectors(client, wanted);
  const registered = await client.registered();
  const plan = planConnectors(wanted, registered);
  for (const { name, action } of plan.connectors) {
    signal?.throwIfAborted();
    if (action !== 'none') await client.put(name, wanted.get(name) ?? {});
  }
  return settled(client, plan, registered, Date.now() + patienceMs, signal);
}

/** Changes nothing. @throws as `applyConnectors` */
export async function validateConnectors(client: ConnectClient, wanted: ReadonlyMap<string, Settings>): Promise<void> {
  await requirePlugins(client, wanted);
  const findings: Finding[] = [];
  for (const [name, config] of wanted) {
    for (const { setting, message } of await client.validate({ ...config, name })) {
      findings.push({ code: 'STR_CONNECTOR_SETTING', severity: 'error', where: `${name}: ${setting}`, message: withoutSecrets(message, config), remedy: advice(config[setting] ?? '', message) });
    }
  }
  if (findings.length === 0) return;
  // A validator may say the same twice.
  const distinct = [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
  throw new FindingsError({
    code: 'STR_CONNECTOR_REFUSED', exitCode: ExitCode.environment, message: `Kafka Connect at ${client.url} would not run ${[...new Set(findings.map(({ where = '' }) => where.split(':')[0]))].join(', ')}.`,
    remedy: 'Mend each; nothing was registered.' }, distinct);
}

/** A reference the worker cannot resolve stays as it is, and then is no host and no number. */
function advice(value: string, message: string): string {
  const variable = /\$\{env:(\w+)\}/.exec(value)?.[1] ?? /\$\{env:(\w+)\}/.exec(message)?.[1];
  if (variable !== undefined && (message.includes('${env:') || /integer is expected/i.test(message))) return `Set ${variable} in the environment of Connect's worker and start it again, and let it resolve such names (config.providers=env).`;
  return remedyFor(message);
}

async function requirePlugins(client: ConnectClient, wanted: ReadonlyMap<string, Settings>): Promise<void> {
  const plugins = await client.plugins();
  const missing = [...new Set([...wanted.values()].map((config) => config['connector.class'] ?? ''))].filter((name) => !plugins.has(name)).sort();
  if (missing.length === 0) return;
  throw new StranglerError({
    code: 'STR_CONNECTOR_PLUGIN_MISSING', exitCode: ExitCode.environment, message: `Kafka Connect at ${client.url} has no ${missing.join(', no ')}.`,
    remedy: `Unpack Debezium's connector below the worker's plugin.path and start it again. It has: ${[...plugins].sort().join(', ') || 'none'}.`,
  });
}

const ACTIONS = { register: 'registered', update: 'updated', none: 'unchanged' } as const;

async function settled(client: ConnectClient, plan: ConnectPlan, before: ReadonlyMap<string, Registered>, deadline: number, signal?: AbortSignal): Promise<AppliedConnector[]> {
  for (;;) {
    const now = await client.registered();
    const connectors = plan.connectors.map(({ name, action }): AppliedConnector => {
      const was = before.get(name)?.config;
      return { name, action: ACTIONS[action], ...(was === undefined ? {} : { before: was }), ...outcomeOf(now.get(name)) };
    });
    if (connectors.every(({ state }) => state !== 'starting') || Date.now() > deadline || signal?.aborted === true) return connectors;
    await delay(300);
  }
}

/** A connector without a task has not begun. */
export function outcomeOf(registered: Registered | undefined): Pick<AppliedConnector, 'state' | 'trouble'> {
  if (registered === undefined) return { state: 'starting' };
  const trouble = troubleOf(registered);
  if (trouble !== undefined) return { state: 'failed', trouble };
  const all = [registered.connector, ...registered.tasks];
  return { state: registered.tasks.length > 0 && all.every(({ state }) => state === 'RUNNING') ? 'running' : 'starting' };
}
