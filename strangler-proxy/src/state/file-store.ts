import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { appendDurably, cutTo, notWritten, replaceFile } from './durable-file.ts';
import { takeLock } from './lock.ts';
import { readAudit, readState, readTallies, STATE_VERSION, stateUnreadable } from './read-files.ts';
import type { AuditEntry, ProxyState, StateStore } from './store.ts';

export const FILES = { state: 'state.json', audit: 'audit.ndjson', tallies: 'tallies.json', lock: 'lock', token: 'admin-token', discovery: 'proxy.json' } as const;

/**
 * State in a directory of its own. After kill -9 at any moment the last durable state is there: the audit line is forced to disk first, then the
 * state replaced as a whole; a line without its state is marked as abandoned at the next start, a torn last line is cut off.
 * @throws StranglerError STR_STATE_LOCKED, STR_STATE_UNREADABLE, STR_STATE_NOT_WRITTEN.
 */
export async function fileStore(directory: string): Promise<StateStore> {
  const root = resolve(directory);
  await mkdir(root, { recursive: true }).catch((cause: unknown) => { throw notWritten(root, cause); });
  const files = { state: join(root, FILES.state), audit: join(root, FILES.audit), tallies: join(root, FILES.tallies) };
  const unlock = await takeLock(join(root, FILES.lock));
  try {
    await mend(files);
  } catch (error) {
    await unlock();
    throw error;
  }
  return {
    load: async () => readState(files.state),
    commit: async (state, entry) => { await commit(files, state, entry); },
    audit: async (limit) => limit <= 0 ? [] : (await readAudit(files.audit)).entries.slice(-limit),
    loadTallies: async () => readTallies(files.tallies),
    saveTallies: async (tallies) => { await replaceFile(files.tallies, `${JSON.stringify({ version: STATE_VERSION, routes: tallies })}\n`, { durable: false }); },
    close: unlock,
  };
}

interface Files { readonly state: string; readonly audit: string; readonly tallies: string }

async function commit(files: Files, state: ProxyState, entry: AuditEntry | undefined): Promise<void> {
  const before = entry === undefined ? undefined : await appendDurably(files.audit, `${JSON.stringify(entry)}\n`);
  try {
    await replaceFile(files.state, `${JSON.stringify({ version: STATE_VERSION, ...state }, null, 2)}\n`);
  } catch (error) {
    if (before !== undefined) await cutTo(files.audit, before).catch(() => undefined);
    throw error;
  }
}

/** What a crash may have left: a torn last line, or a line whose state was never written. */
async function mend(files: Files): Promise<void> {
  const { entries, wholeBytes, size } = await readAudit(files.audit);
  if (wholeBytes < size) await cutTo(files.audit, wholeBytes);
  const state = await readState(files.state);
  const last = entries.at(-1);
  if (state === undefined && last !== undefined) throw stateUnreadable(files.state, 'it is gone, but the audit beside it records changes');
  if (state === undefined || last === undefined || last.epoch <= state.epoch) return;
  const abandoned: AuditEntry = { ...last, act: 'abandoned', why: `never took effect: the proxy stopped while it was being written (was: ${last.why})`, epoch: state.epoch };
  await appendDurably(files.audit, `${JSON.stringify(abandoned)}\n`);
}
