import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { ExitCode, StranglerError } from '@strangler/kernel';

/** Locks held by this very process: a process id that is ours but not in here belongs to a predecessor in a container, where everybody is process 1. */
const ours = new Set<string>();

/** Lets one process at a time write to a directory; a lock whose holder is dead is taken over. Returns the release. @throws StranglerError STR_LOG_LOCKED */
export async function lockForWriting(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'writer.lock');
  const mine = join(directory, `writer.${randomUUID()}`);
  await writeFile(mine, `${String(process.pid)} ${await startOf(process.pid)}`);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (await take(mine, path)) {
        ours.add(path);
        return async () => { ours.delete(path); await rm(path, { force: true }); };
      }
      await dropIfDead(path);
    }
  } finally {
    await rm(mine, { force: true });
  }
  throw locked(directory, await readFile(path, 'utf8').catch(() => 'unknown'));
}

/** Creating a hard link either succeeds or finds the name taken: no two can both succeed. */
const take = async (mine: string, path: string): Promise<boolean> => link(mine, path).then(() => true, (error: unknown) => {
  if ((error as { code?: string }).code === 'EEXIST') return false;
  throw error;
});

async function dropIfDead(path: string): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  const [pid = '', start = ''] = content.split(' ');
  const alive = Number(pid) === process.pid ? ours.has(path) : (await startOf(Number(pid))) === start && start !== '';
  if (alive) throw locked(path, content);
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

/** When the process started, in kernel ticks, so that a reused process id is not mistaken for its predecessor; '?' where there is no /proc, '' when it is dead. */
async function startOf(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EPERM') return '';
  }
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '?';
}

const locked = (directory: string, content: string): StranglerError => new StranglerError({
  code: 'STR_LOG_LOCKED',
  message: `Another process (${content.split(' ')[0] ?? 'unknown'}) is writing to the change log ${directory}.`,
  remedy: 'Stop it first, or let it go on: one replication has one writer.',
  exitCode: ExitCode.environment,
});
