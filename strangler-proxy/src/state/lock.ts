import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StranglerError } from '@strangler/kernel';
import { errorCode } from './error-code.ts';

/** Directories this very process holds: its own pid in a lock file proves nothing after a restart in a container, where every pid is 1. */
const held = new Set<string>();

/** Takes the directory's lock file, over a dead holder's if need be. @throws StranglerError STR_STATE_LOCKED naming the holder. */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  if (held.has(path)) throw locked(path, process.pid);
  held.add(path);
  try {
    await claim(path, `${String(process.pid)} ${await startOf(process.pid)}\n`);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return async () => {
    held.delete(path);
    await rm(path, { force: true });
  };
}

async function claim(path: string, mine: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await createNew(path, mine)) return;
    const theirs = await readFile(path, 'utf8').catch(() => '');
    const pid = Number(theirs.split(' ')[0]);
    if (await isAlive(theirs)) throw locked(path, pid);
    await removeDead(path, theirs);
  }
  throw locked(path, undefined);
}

/**
 * Two proxies may find the same dead holder at once, and the slower one must not remove the lock that the faster one has just taken: only who
 * holds the file beside it may look again and remove. Should its holder die within, the file is nobody's after a moment.
 */
async function removeDead(path: string, seen: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!await createNew(guard, '')) {
    const taken = await stat(guard).then(({ mtimeMs }) => mtimeMs, () => Date.now());
    if (Date.now() - taken > ABANDONED_MS) await rm(guard, { force: true });
    else await sleep(RETRY_MS);
    return;
  }
  try {
    if (await readFile(path, 'utf8').catch(() => '') === seen) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

const ABANDONED_MS = 5_000;
const RETRY_MS = 50;

async function createNew(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A holder is alive if its pid is, and is still the same process: a pid alone may have been given to another. */
async function isAlive(lock: string): Promise<boolean> {
  const [pidText = '', start = ''] = lock.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isRunning(pid)) return false;
  return start === '' || start === await startOf(pid);
}

/** Signal 0 only asks; a process of another user answers EPERM, and is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** The process's start time in clock ticks (proc(5), field 22); `''` where there is no /proc. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const locked = (path: string, pid: number | undefined): StranglerError => new StranglerError({
  code: 'STR_STATE_LOCKED',
  message: `Another proxy${pid === undefined ? '' : ` (pid ${String(pid)})`} uses this state directory: ${path}.`,
  remedy: 'Stop it first, or give this one a state directory of its own.',
  exitCode: 3,
});
