import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { StranglerError } from '@strangler/kernel';
import { compareText } from '../../model/evidence.ts';
import type { Unresolved } from '../../model/graph.ts';
import { whyUnreadable } from './read-text.ts';

/** What lies under the analyzed directory and matters to some reader: paths relative to it, sorted. */
export interface Listing {
  readonly sources: readonly string[];
  readonly sql: readonly string[];
  readonly prisma: readonly string[];
  readonly packages: readonly string[];
  readonly findings: readonly Unresolved[];
}

const SOURCE = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const NEVER = new Set(['node_modules', 'bower_components', '.git', '.hg', '.svn', '.strangler', '.yarn', '.pnpm-store']);
const BUILD = new Set(['dist', 'build', 'out', 'coverage', '.next', '.nuxt', '.turbo', '.nx', '.cache']);

const finding = (file: string, what: string, why: string): Unresolved => ({ kind: 'file', what, why, evidence: { file, line: 1 } });

const notAProject = (message: string): StranglerError =>
  new StranglerError({ code: 'STR_NOT_A_PROJECT', message, remedy: 'Pass the directory that holds the source of the monolith, for example `strangler analyze ./src`.', exitCode: 2 });

/** Lists a project's files once; every file and directory that is left out for a reason the user may not expect is a finding. */
export const listFiles = (root: string): Listing => {
  requireDirectory(root);
  const found = { sources: [] as string[], sql: [] as string[], prisma: [] as string[], packages: [] as string[], findings: [] as Unresolved[] };
  const ignored = buildOutput(root);
  const visit = (directory: string): void => {
    for (const entry of entriesOf(root, directory, found.findings)) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) enter(path, entry.name);
      else if (entry.isSymbolicLink()) noteLink(path);
      else if (entry.isFile()) keep(path, entry.name);
      else if (SOURCE.test(entry.name)) found.findings.push(finding(path, path, 'neither a file nor a directory, not read'));
    }
  };
  const enter = (path: string, name: string): void => {
    if (NEVER.has(name)) return;
    if (BUILD.has(name) && ignored(path)) found.findings.push(finding(path, `${path}/`, 'build output, left out'));
    else visit(path);
  };
  const noteLink = (path: string): void => {
    if (SOURCE.test(path) || !/\.[^/]+$/.test(path)) found.findings.push(finding(path, path, 'a symbolic link, not followed; its target is read where it lies'));
  };
  const keep = (path: string, name: string): void => {
    if (SOURCE.test(name)) found.sources.push(path);
    else if (name.endsWith('.sql')) found.sql.push(path);
    else if (name.endsWith('.prisma')) found.prisma.push(path);
    else if (name === 'package.json') found.packages.push(path);
  };
  visit('');
  if (found.sources.length === 0) throw notAProject('The directory holds no JavaScript or TypeScript source.');
  return { ...found, sources: found.sources.sort(compareText), sql: found.sql.sort(compareText), prisma: found.prisma.sort(compareText), packages: found.packages.sort(compareText) };
};

const requireDirectory = (root: string): void => {
  const stat = lstatOrUndefined(root);
  if (stat === undefined) throw notAProject('There is no such directory.');
  if (!stat.isDirectory() && !stat.isSymbolicLink()) throw notAProject('That is a file, not a directory.');
};

const lstatOrUndefined = (path: string): ReturnType<typeof lstatSync> | undefined => lstatSync(path, { throwIfNoEntry: false });

const entriesOf = (root: string, directory: string, findings: Unresolved[]): Dirent[] => {
  try {
    return readdirSync(join(root, directory), { withFileTypes: true }).sort((a, b) => compareText(a.name, b.name));
  } catch (error) {
    findings.push(finding(directory === '' ? '.' : directory, `${directory}/`, `the directory is not read: ${whyUnreadable(error, directory)}`));
    return [];
  }
};

/** With git, what git ignores; without it, a folder called like build output that lies beside a package.json and holds no TypeScript. */
const buildOutput = (root: string): ((path: string) => boolean) => (path) => {
  try {
    execFileSync('git', ['-C', root, '-c', 'core.fsmonitor=false', 'check-ignore', '-q', '--', path], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch (error) {
    return (error as { status?: number }).status !== 1 && looksBuilt(root, path);
  }
};

const looksBuilt = (root: string, path: string): boolean => existsSync(join(root, path, '..', 'package.json')) && !holdsTypeScript(join(root, path));

const holdsTypeScript = (directory: string): boolean => {
  try {
    return readdirSync(directory, { recursive: true }).some((name) => /(?<![.]d)[.][cm]?tsx?$/.test(name.toString()));
  } catch {
    return false;
  }
};
