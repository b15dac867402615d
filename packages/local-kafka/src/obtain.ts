import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ExitCode, StranglerError, type Environment } from '@strangler/kernel';
import { artifactPath, parseArtifact } from './artifact.ts';
import type { LockedFile } from './lock.ts';

const CENTRAL = 'https://repo.maven.apache.org/maven2';
/** Polite to the repository, and enough to fill a line. */
const AT_ONCE = 6;
const ATTEMPTS = 4;

export interface ObtainOptions {
  readonly environment?: Environment;
  /** Told of each file that had to be fetched. */
  readonly onFetch?: (artifact: string, bytes: number) => void;
}

/** Below `XDG_CACHE_HOME` (or `~/.cache`), outside any checkout: a second run needs no network. */
export const cacheDirectory = (environment: Environment = process.env): string => join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'strangler');

/**
 * The paths of these files, in order: from our cache, from Maven's local repository, or from Maven Central (`STRANGLER_MAVEN_REPOSITORY` names a mirror, with
 * `user:password@` where it asks for one). Every file is compared with the lock each time, also one that lay in the cache.
 * @throws StranglerError STR_CHECKSUM, STR_DOWNLOAD_FAILED, STR_DISK_FULL
 */
export async function obtain(files: readonly LockedFile[], options: ObtainOptions = {}): Promise<string[]> {
  const paths = new Array<string>(files.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < files.length; at = next++) {
      const file = files[at];
      if (file !== undefined) paths[at] = await obtainOne(file, options);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return paths;
}

async function obtainOne(file: LockedFile, { environment = process.env, onFetch }: ObtainOptions): Promise<string> {
  const path = artifactPath(parseArtifact(file.artifact));
  const kept = join(cacheDirectory(environment), 'maven', path);
  const cached = await readFile(kept).catch(() => undefined);
  if (cached !== undefined && isSame(cached, file)) return kept;
  if (cached !== undefined) throw changed(file, kept, cached, 'Remove it, and it is fetched again; find out what changed it.');
  const maven = join(homedir(), '.m2/repository', path);
  const mavens = await readFile(maven).catch(() => undefined);
  if (mavens !== undefined && isSame(mavens, file)) {
    await place(kept, (unfinished) => link(maven, unfinished).catch(() => writeFile(unfinished, mavens)));
    return kept;
  }
  const url = `${repository(environment)}/${path}`;
  const bytes = await download(url, file);
  if (!isSame(bytes, file)) throw changed(file, printUrl(url), bytes, 'Do not use it. If the repository is a mirror, ask who runs it; `npm run stack:lock` makes a lock only from what Maven Central vouches for.');
  await place(kept, (unfinished) => writeFile(unfinished, bytes));
  onFetch?.(file.artifact, bytes.length);
  return kept;
}

const repository = (environment: Environment): string => {
  const named = environment['STRANGLER_MAVEN_REPOSITORY'] ?? '';
  return (named === '' ? CENTRAL : named).replace(/\/+$/, '');
};

const isSame = (bytes: Buffer, { sha256 }: LockedFile): boolean => createHash('sha256').update(bytes).digest('hex') === sha256;

/** Whole or not at all, also beside another process that fetches the same file. */
async function place(kept: string, write: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${kept}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(kept), { recursive: true });
    await write(unfinished);
    await rename(unfinished, kept);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw (cause as NodeJS.ErrnoException).code !== 'ENOSPC' ? cause : new StranglerError({
      code: 'STR_DISK_FULL', message: `No space left for ${kept}.`, remedy: 'Make room, or put the cache elsewhere with XDG_CACHE_HOME.', exitCode: ExitCode.environment, cause });
  }
}

/** Fetches one file; what passes by itself (a cut line, a busy server) is tried again. Without `bytes` any size will do. @throws StranglerError STR_DOWNLOAD_FAILED */
export async function download(url: string, { artifact, bytes = 0 }: { readonly artifact: string; readonly bytes?: number }): Promise<Buffer> {
  let why = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await new Promise((resolve) => { setTimeout(resolve, 500 * 2 ** attempt); });
    const answer = await fetchOnce(url);
    if (Buffer.isBuffer(answer) && answer.length >= bytes) return answer;
    why = Buffer.isBuffer(answer) ? `the line broke after ${String(answer.length)} of ${String(bytes)} bytes` : answer.why;
    if (!Buffer.isBuffer(answer) && answer.final) break;
  }
  throw new StranglerError({
    code: 'STR_DOWNLOAD_FAILED', message: `${artifact} cannot be fetched from ${printUrl(url)}: ${why}.`, exitCode: ExitCode.environment,
    remedy: 'Name a mirror of Maven Central in STRANGLER_MAVEN_REPOSITORY; behind a proxy set HTTPS_PROXY and NODE_USE_ENV_PROXY=1. Or put the file into ~/.m2/repository with Maven: its checksum decides, not its origin.',
  });
}

/** The body, or why there is none and whether asking again is idle. */
async function fetchOnce(url: string): Promise<Buffer | { readonly why: string; readonly final: boolean }> {
  const { href, headers } = withoutCredentials(url);
  try {
    const answer = await fetch(href, { headers, signal: AbortSignal.timeout(120_000) });
    const body = Buffer.from(await answer.arrayBuffer());
    return answer.ok ? body : { why: `HTTP ${String(answer.status)}`, final: answer.status < 500 && answer.status !== 429 };
  } catch (error) {
    return { why: reason(error), final: false };
  }
}

function withoutCredentials(url: string): { href: string; headers: Record<string, string> } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  parsed.username = parsed.password = '';
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { href: parsed.href, headers: username === '' ? {} : { authorization: `Basic ${basic}` } };
}

const printUrl = (url: string): string => withoutCredentials(url).href;

function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause === undefined ? message : `${message} (${(cause as { code?: string }).code ?? (cause as Error).message})`;
}

const changed = (file: LockedFile, where: string, bytes: Buffer, remedy: string): StranglerError => new StranglerError({
  code: 'STR_CHECKSUM', exitCode: ExitCode.environment, remedy,
  message: `${where} is not the ${file.artifact} of the lock: SHA-256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}… (${String(bytes.length)} bytes) instead of ${file.sha256.slice(0, 12)}… (${String(file.bytes)} bytes).`,
});
