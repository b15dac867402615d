import { basename, dirname, join } from 'node:path';
import type { Disk } from './disk.ts';

/** Folders and packages that are called like this everywhere. */
const SAYS_NOTHING = new Set(['src', 'source', 'sources', 'lib', 'libs', 'app', 'apps', 'packages', 'package', 'server', 'backend', 'code', 'main', 'root', 'dist', 'build', '']);
/** How far up a name is looked for: `apps/server/src` is three below the project. */
const UP = 4;

/**
 * What a system is called: its folder, or where that is a `src` the nearest package or folder above, up to the repository's root, that has a name of its own.
 * @param root absolute path of the analyzed directory.
 */
export const systemName = (root: string, disk: Pick<Disk, 'text' | 'exists'>): string => {
  let directory = root;
  for (let level = 0; level <= UP; level += 1) {
    const name = says(basename(directory)) ?? says(packageName(directory, disk));
    if (name !== undefined) return name;
    if (disk.exists(join(directory, '.git'))) break;
    directory = dirname(directory);
  }
  return basename(root);
};

const says = (name: string): string | undefined => (SAYS_NOTHING.has(name.toLowerCase()) ? undefined : name);

/** `@cinema/tickets` → `tickets`; empty where there is no package or nothing in it that is a name. */
const packageName = (directory: string, disk: Pick<Disk, 'text'>): string => {
  const { text } = disk.text(join(directory, 'package.json'));
  const name = /"name"\s*:\s*"(?:@[^"/]*\/)?([\w.-]+)"/.exec(text ?? '')?.[1];
  return name ?? '';
};
