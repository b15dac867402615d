import { chmod, chown, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type { PostgresBinaries } from './binaries.ts';

/** The operating-system user that runs the server: PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Undefined when we are no root and the server simply runs as us. */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const fields = passwd.split('\n').map((line) => line.split(':')).find(([user]) => user === name);
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new StranglerError({
    code: 'STR_NO_SERVER_USER',
    message: 'PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it as.',
    remedy: 'Run as an ordinary user, or add a user named postgres.',
    exitCode: ExitCode.environment,
  });
}

/** Makes the data directory the server user's own. @throws StranglerError STR_DIRECTORY_CLOSED when that user could not get there. */
export async function prepareDirectory(directory: string, user: ServerUser | undefined): Promise<void> {
  if (user !== undefined && !await everybodyMayEnter(dirname(directory))) {
    throw new StranglerError({
      code: 'STR_DIRECTORY_CLOSED',
      message: `PostgreSQL runs as user ${String(user.uid)} here, which may not enter ${dirname(directory)}.`,
      remedy: 'Choose a data directory that others may pass through (chmod o+x on the directories above it).',
      exitCode: ExitCode.environment,
    });
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  if (user !== undefined) await chown(directory, user.uid, user.gid);
}

/**
 * npm leaves out symbolic links: the package lists them in `pg-symlinks.json` for an install script that we do not rely on.
 * And a checkout below a private home directory cannot be entered by the server user. Both are mended by a copy, made once per version.
 */
export async function usableBinaries(binaries: PostgresBinaries, user: ServerUser | undefined): Promise<string> {
  if (binaries.from !== 'npm') return binaries.directory;
  const native = dirname(binaries.directory);
  if (user === undefined || await everybodyMayEnter(native)) {
    await addLinks(native);
    return binaries.directory;
  }
  const { version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const copy = join(tmpdir(), `strangler-postgres-${version}-${String(user.uid)}`);
  const done = join(copy, 'bin', 'postgres');
  if (!await exists(done)) {
    const unfinished = `${copy}.${String(process.pid)}`;
    await cp(native, unfinished, { recursive: true });
    await addLinks(unfinished);
    await rename(unfinished, copy).catch(async () => { await rm(unfinished, { recursive: true, force: true }); });
  }
  return join(copy, 'bin');
}

async function addLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, target.replace(/^native\//, ''));
    if (await exists(link)) continue;
    await symlink(relativeTo(source), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

/** Every link of the package points to a file beside it. */
const relativeTo = (source: string): string => source.split('/').at(-1) ?? source;

async function everybodyMayEnter(directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

const exists = async (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
