import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** The analyzed directory as its repository names it (`packages/shop/src/`, empty for its root); as seen from here where there is no repository. */
export async function baseOf(analyzed: string, cwd: string): Promise<string> {
  const from = await repositoryOf(analyzed) ?? cwd;
  const path = relative(from, analyzed).split(sep).join('/');
  return path === '' || path.startsWith('..') ? '' : `${path}/`;
}

/** The nearest directory upwards that holds `.git`: a directory, or a file in a work tree. */
async function repositoryOf(directory: string): Promise<string | undefined> {
  const there = await stat(join(directory, '.git')).then(() => true, () => false);
  if (there) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : repositoryOf(parent);
}
