import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectorFile, type ConnectorPlugin } from './lock.ts';
import { cacheDirectory, obtain, type ObtainOptions } from './obtain.ts';

/** Directories for Connect's `plugin.path`, one per connector, unpacked once per checksum. @throws what `obtain` throws */
export async function unpackPlugins(plugins: readonly ConnectorPlugin[], options: ObtainOptions = {}): Promise<string[]> {
  const files = await Promise.all(plugins.map(connectorFile));
  const archives = await obtain(files, options);
  return Promise.all(files.map(({ sha256 }, at) => unpack(archives[at] ?? '', join(cacheDirectory(options.environment), 'plugins', `${plugins[at] ?? ''}-${sha256.slice(0, 16)}`))));
}

async function unpack(archive: string, directory: string): Promise<string> {
  if (await stat(directory).then(() => true, () => false)) return directory;
  const unfinished = `${directory}.${randomBytes(6).toString('hex')}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await promisify(execFile)('tar', ['-xzf', archive, '-C', unfinished]);
    await rename(unfinished, directory).catch((error: unknown) => { if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error; });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}
