import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ExitCode, StranglerError } from '@strangler/kernel';

const execute = promisify(execFile);
let prefix: Promise<readonly string[]> | undefined;

/** In front of a command: the kernel ends it when our process ends, kill -9 included (util-linux's setpriv, prctl PR_SET_PDEATHSIG). Nothing where there is no setpriv. */
export function dyingWithUs(): Promise<readonly [string, ...string[]] | readonly []> {
  const words = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
  prefix ??= process.platform === 'linux' ? execute(words[0], [...words.slice(1), 'true']).then(() => words, () => []) : Promise.resolve([]);
  return prefix as Promise<readonly [string, ...string[]] | readonly []>;
}

const fileOf = (directory: string): string => join(directory, 'strangler.pid');

/** Who runs here, and who started it. */
export const recordPid = (directory: string, pid: number): Promise<void> => writeFile(fileOf(directory), `${String(pid)} ${String(process.pid)}\n`);

/**
 * Ends a server that outlived whoever started it, so that its directory and ports are free.
 * @throws StranglerError STR_STACK_RUNNING when the one who started it lives: it is theirs
 */
export async function endOrphan(directory: string, name: string): Promise<void> {
  const [pid = 0, owner = 0] = (await readFile(fileOf(directory), 'utf8').catch(() => '')).trim().split(' ').map(Number);
  if (!(pid > 0) || !await runsIn(pid, directory)) return;
  if (owner !== process.pid && await isAlive(owner)) {
    throw new StranglerError({
      code: 'STR_STACK_RUNNING', message: `${name} (process ${String(pid)}, started by ${String(owner)}) already runs in ${directory}.`,
      remedy: 'Use that one, stop it, or name another directory.', exitCode: ExitCode.environment });
  }
  process.kill(pid, 'SIGKILL');
  for (let attempt = 0; attempt < 200 && await runsIn(pid, directory); attempt += 1) await delay(25);
}

/** A number may have been given to another process meanwhile: ours has its directory on its command line. */
async function runsIn(pid: number, directory: string): Promise<boolean> {
  const line = process.platform === 'linux'
    ? await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '')
    : await execute('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).then(({ stdout }) => stdout, () => '');
  return line.includes(directory);
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    // A zombie has ended, and waits for its parent to notice.
    return !(await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '')).includes(') Z ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
