import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Inputs, Kept, Stage } from '../model/kept.ts';
import { packed, unpack } from './pack.ts';
import { versionOf } from './version.ts';

/** Beyond this a pack would take longer to load than to make again. */
const MOST_BYTES = 512_000_000;
/** Two for each system analyzed from one working directory, of its parts and of its answers; the ones longest unchanged go first. */
const MOST_PACKS = 24;

export interface KeptFiles extends Kept {
  /** Writes what this run used, and nothing else: what no run uses any more is gone. Never throws. */
  readonly save: () => void;
}

/**
 * Results of earlier runs over `analyzed`, in one file below `directory`. Replaced as a whole, by a rename: killed in the middle, the earlier one is still there.
 * @param note is told once when nothing can be kept; the analysis goes on without.
 */
export const openKept = (directory: string, analyzed: string, note: (text: string) => void): KeptFiles => {
  const file = join(directory, `${createHash('sha256').update(analyzed).digest('hex').slice(0, 16)}.pack`);
  let opened: Map<string, Buffer> | undefined;
  const before = (): Map<string, Buffer> => (opened ??= unpack(bytesOf(file)));
  const used = new Map<string, Buffer>();
  const fresh = new Map<string, unknown>();
  const written = new Map<string, Uint8Array>();
  const versions = new Map<Stage, string>();
  const version = (stage: Stage): string => {
    const known = versions.get(stage) ?? versionOf(stage);
    versions.set(stage, known);
    return known;
  };
  const found = (key: string): unknown => {
    const value = before().get(key);
    const copy = value === undefined ? undefined : copyOf(value);
    if (copy !== undefined && value !== undefined) used.set(key, value);
    return copy;
  };
  return {
    recall: <T>(stage: Stage, inputs: Inputs, make: () => T): T => {
      const key = keyOf(stage, version(stage), inputs);
      const known = found(key) as T | undefined;
      if (known !== undefined) return known;
      const made = make();
      if (made !== undefined) fresh.set(key, made);
      return made;
    },
    find: (stage, inputs) => found(keyOf(stage, version(stage), inputs)),
    keep: (stage, inputs, value) => { fresh.set(keyOf(stage, version(stage), inputs), value); },
    keepBytes: (stage, inputs, bytes) => { written.set(keyOf(stage, version(stage), inputs), bytes); },
    save: () => {
      if (fresh.size + written.size === 0 && used.size === (opened?.size ?? 0)) return;
      for (const [key, made] of fresh) used.set(key, serialize(made));
      fresh.clear();
      for (const [key, { buffer, byteOffset, byteLength }] of written) used.set(key, Buffer.from(buffer, byteOffset, byteLength));
      try {
        replace(directory, file, packed(used));
      } catch (error) {
        note(`Nothing is kept for the next run: ${(error as NodeJS.ErrnoException).code ?? String(error)} at ${directory}.`);
      }
    },
  };
};

const keyOf = (stage: Stage, version: string, inputs: Inputs): string => {
  const hash = createHash('sha256').update(`${stage} ${version}`);
  // With their lengths: two inputs run together are not two others run together.
  for (const input of inputs) hash.update(`\0${String(typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength)}\0`).update(input);
  return hash.digest('hex');
};

const copyOf = (value: Buffer): unknown => {
  try {
    return deserialize(value);
  } catch {
    return undefined;
  }
};

const bytesOf = (file: string): Buffer => {
  try {
    return statSync(file).size > MOST_BYTES ? Buffer.alloc(0) : readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
};

const replace = (directory: string, file: string, pack: Buffer): void => {
  if (pack.length > MOST_BYTES) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '.gitignore'), '*\n');
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, pack);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  sweep(directory);
};

/** Leaves the packs used last, and no draft of a run that was killed (an hour is longer than any run writes). */
const sweep = (directory: string): void => {
  const files = readdirSync(directory).filter((name) => name.includes('.pack')).map((name) => ({ path: join(directory, name), at: statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  const packs = files.filter(({ path }) => path.endsWith('.pack')).sort((a, b) => b.at - a.at);
  const drafts = files.filter(({ path, at }) => !path.endsWith('.pack') && at < Date.now() - 3_600_000);
  for (const { path } of [...packs.slice(MOST_PACKS), ...drafts]) rmSync(path, { force: true });
};
