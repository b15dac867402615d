import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MOST_COMMITS = 20_000;
const MOST_MS = 30_000;

/** One commit, its files by the names they have today. */
export interface Commit {
  readonly seconds: number;
  readonly author: string;
  readonly files: readonly string[];
  /** The oldest commit of a shallow clone: it seems to add every file. */
  readonly grafted: boolean;
}

/**
 * The log below a directory, newest first; undefined when there is none that can be read. Runs no program a repository's config may name, and lets git ask no network:
 * a clone without blobs is read without telling similar files, one without trees not at all.
 */
export async function gitLog(root: string): Promise<string | undefined> {
  return await log(root, ['-M', '-l400']) ?? await log(root, ['-M100%']);
}

async function log(root: string, renames: readonly string[]): Promise<string | undefined> {
  const settings = ['-c', 'core.quotepath=off', '-c', 'log.showSignature=false', '-c', 'diff.renames=true'];
  const options = ['--no-merges', '--name-status', ...renames, '-z', '--relative', '--decorate-refs-exclude=*', '--format=%x01%ct%x02%aN%x02%D', `-n${String(MOST_COMMITS)}`];
  try {
    const { stdout } = await run('git', ['-C', root, ...settings, 'log', ...options, '--', '.'], {
      maxBuffer: 1 << 29, timeout: MOST_MS, env: { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
    });
    return stdout;
  } catch {
    return undefined;
  }
}

/** Commits of a log, newest first. Walking into the past, a file that was renamed is followed under its later name. */
export function parseLog(text: string): Commit[] {
  const today = new Map<string, string>();
  return text.split('\u0001').slice(1).map((entry) => {
    const [head = '', ...fields] = entry.split('\0');
    const [seconds = '0', author = '', refs = ''] = head.split('\u0002');
    return { seconds: Number(seconds), author: withoutAddress(author), files: filesOf(fields, today), grafted: refs.includes('grafted') };
  });
}

interface Change {
  readonly path: string;
  /** Its name before, when it was renamed. */
  readonly before?: string;
}

function filesOf(fields: readonly string[], today: Map<string, string>): string[] {
  const changes = changesOf(fields);
  const files = changes.map(({ path }) => today.get(path) ?? path);
  // Two files may have swapped names: all are looked up before any is set.
  const names = changes.flatMap(({ before, path }, i): [string, string][] => (before === undefined ? [] : [[before, files[i] ?? path]]));
  for (const { before, path } of changes) if (before !== undefined) today.delete(path);
  for (const [before, name] of names) today.set(before, name);
  return files;
}

/** `M`, path; or `R097`, before, after. */
function changesOf(fields: readonly string[]): Change[] {
  const changes: Change[] = [];
  for (let i = 0; i + 1 < fields.length;) {
    const status = (fields[i] ?? '').trim();
    const [first = '', second = ''] = [fields[i + 1], fields[i + 2]];
    const two = /^[RC]/.test(status);
    changes.push(two ? { path: second, ...(status.startsWith('R') ? { before: first } : {}) } : { path: first });
    i += two ? 3 : 2;
  }
  return changes;
}

/** Some are known to git by an e-mail address only: it is nobody's business here. */
const withoutAddress = (author: string): string => author.replace(/\s*<[^>]*>/g, '').replace(/@\S+/g, '').trim();
