import type { Registered } from './client.ts';
import { printSetting, type Settings } from './settings.ts';

/** One setting that differs; secrets are hidden. */
export interface SettingChange {
  readonly setting: string;
  /** As it is registered; absent when the setting is new. */
  readonly from?: string;
  /** As it shall be; absent when the setting goes. */
  readonly to?: string;
}

export type ConnectorPlan =
  | { readonly name: string; readonly action: 'register'; readonly changes: readonly SettingChange[] }
  | { readonly name: string; readonly action: 'update'; readonly changes: readonly SettingChange[] }
  | { readonly name: string; readonly action: 'none' };

export interface ConnectPlan {
  readonly connectors: readonly ConnectorPlan[];
  /** Registered, and not of this config: left alone. */
  readonly others: readonly string[];
}

/** What would have to change so that Connect runs what the config says. Pure. */
export function planConnectors(wanted: ReadonlyMap<string, Settings>, registered: ReadonlyMap<string, Pick<Registered, 'config'>>): ConnectPlan {
  const connectors = [...wanted].sort(([a], [b]) => a < b ? -1 : 1).map(([name, config]): ConnectorPlan => {
    const now = registered.get(name)?.config;
    const changes = changesOf(now ?? {}, config);
    if (now === undefined) return { name, action: 'register', changes };
    return changes.length === 0 ? { name, action: 'none' } : { name, action: 'update', changes };
  });
  return { connectors, others: [...registered.keys()].filter((name) => !wanted.has(name)).sort() };
}

function changesOf(now: Settings, then: Settings): SettingChange[] {
  return [...new Set([...Object.keys(now), ...Object.keys(then)])].sort().filter((setting) => now[setting] !== then[setting]).map((setting) => ({
    setting, ...shown('from', setting, now[setting]), ...shown('to', setting, then[setting]),
  }));
}

const shown = (side: 'from' | 'to', setting: string, value: string | undefined): Partial<Record<'from' | 'to', string>> => value === undefined ? {} : { [side]: printSetting(setting, value) };

/** As a person reads it: `+` is new, `~` changes, `-` goes. */
export function printConnectPlan({ connectors, others }: ConnectPlan): string {
  const lines = connectors.flatMap((plan) => {
    if (plan.action === 'none') return [`  ${plan.name}: as the config says`];
    if (plan.action === 'register') return [`+ ${plan.name}: to be registered (${String(plan.changes.length)} settings)`];
    return [`~ ${plan.name}: to be updated`, ...plan.changes.map(printChange)];
  });
  return [...lines, ...others.map((name) => `  ${name}: registered, not of this config; left alone`)].join('\n');
}

function printChange({ setting, from, to }: SettingChange): string {
  if (from === undefined) return `    + ${setting} = ${to ?? ''}`;
  return to === undefined ? `    - ${setting} = ${from}` : `    ~ ${setting}: ${from} → ${to}`;
}
