import { join } from 'node:path';
import { FILES } from './file-store.ts';
import { isRunning } from './lock.ts';
import { readAudit, readIfThere, readState, readTallies } from './read-files.ts';
import type { AuditEntry, ProxyState, Tallies } from './store.ts';

/** Where a running proxy can be found. */
export interface Discovery {
  readonly pid: number;
  readonly url: string;
  readonly adminUrl: string;
}

export interface StateDirectory {
  /** `undefined`: no proxy has ever started here. */
  readonly state: ProxyState | undefined;
  readonly audit: readonly AuditEntry[];
  readonly tallies: Tallies;
  /** What the proxy wrote down about itself; after a kill -9 it may be a dead one's. */
  readonly discovery: Discovery | undefined;
  /** Whether the discovered proxy's process is still there. */
  readonly running: boolean;
  readonly token: string | undefined;
}

/**
 * Reads a state directory without touching it: what `strangler status` shows when no proxy runs, and how the CLI finds the one that does.
 * @throws StranglerError STR_STATE_UNREADABLE.
 */
export async function readStateDirectory(directory: string): Promise<StateDirectory> {
  const discovery = parseDiscovery(await readIfThere(join(directory, FILES.discovery)));
  const token = (await readIfThere(join(directory, FILES.token)))?.trim();
  return {
    state: await readState(join(directory, FILES.state)),
    audit: (await readAudit(join(directory, FILES.audit))).entries,
    tallies: await readTallies(join(directory, FILES.tallies)),
    discovery, running: discovery !== undefined && isRunning(discovery.pid), token,
  };
}

function parseDiscovery(text: string | undefined): Discovery | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Discovery> | null;
    if (typeof value?.pid !== 'number' || typeof value.url !== 'string' || typeof value.adminUrl !== 'string') return undefined;
    return { pid: value.pid, url: value.url, adminUrl: value.adminUrl };
  } catch {
    return undefined;
  }
}
