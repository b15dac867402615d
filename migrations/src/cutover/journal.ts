import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StranglerError } from '@strangler/kernel';
import type { Direction, StepName } from './plan.ts';

/** One line of a cut-over's log. */
export type JournalEntry = { readonly run: number; readonly atMs: number } & (
  /** Durable before anything is held: whatever follows, a later process knows that it must be undone or finished. */
  | { readonly event: 'started'; readonly direction: Direction; readonly tables: readonly string[]; readonly by: string; readonly why: string }
  | { readonly event: 'step'; readonly step: StepName; readonly ms: number; readonly detail?: unknown }
  | { readonly event: 'failed'; readonly step: StepName; readonly because: string }
  /** Durable before the flip is asked for: from here on a later process finishes instead of undoing. */
  | { readonly event: 'committing' }
  /** The proxy certainly did not flip; durable before anything is undone, so that a later process goes on undoing. */
  | { readonly event: 'refused'; readonly because: string }
  | { readonly event: 'undone'; readonly step: StepName }
  | { readonly event: 'closed'; readonly outcome: 'done' | 'released'; readonly because?: string }
);

/** Append-only; `durable` entries are on disk when `append` resolves. The others survive a killed process, and are not needed after a power cut. */
export interface CutoverJournal {
  entries(): Promise<readonly JournalEntry[]>;
  append(entry: JournalEntry, options: { readonly durable: boolean }): Promise<void>;
}

/** `<stateDirectory>/cutover/<name>.ndjson`: one JSON object per line. One process writes it at a time (the cut-over's lock sees to that). */
export function fileJournal(stateDirectory: string, name: string): CutoverJournal {
  const file = join(stateDirectory, 'cutover', `${name}.ndjson`);
  let prepared: Promise<void> | undefined;
  let written: Promise<void> = Promise.resolve();
  const read = incrementally(file);
  const write = async (entry: JournalEntry, durable: boolean): Promise<void> => {
    await (prepared ??= prepare(file));
    const handle = await open(file, 'a');
    try {
      await handle.write(`${JSON.stringify(entry)}\n`);
      if (durable) await handle.datasync();
    } finally {
      await handle.close();
    }
  };
  return {
    entries: async () => { await written; return read(); },
    append: async (entry, { durable }) => {
      const done = written.then(() => write(entry, durable));
      written = done.catch(() => undefined);
      // What is not promised to be on disk is not waited for either: callers are. Where nothing can be written the next durable entry says so.
      if (durable) await done;
    },
  };
}

/** The journal of a year of cut-overs is long, and it is looked at while callers wait: what was read before is not read again. Lines are only ever added. */
function incrementally(file: string): () => Promise<readonly JournalEntry[]> {
  let known: { readonly bytes: number; readonly entries: readonly JournalEntry[] } = { bytes: 0, entries: [] };
  return async () => {
    const handle = await open(file, 'r').catch(ifMissing(undefined));
    if (handle === undefined) return [];
    try {
      const { size } = await handle.stat();
      if (size < known.bytes) known = { bytes: 0, entries: [] }; // a torn line was cut off, or somebody put another file there
      const { buffer } = await handle.read(Buffer.alloc(size - known.bytes), 0, size - known.bytes, known.bytes);
      const whole = buffer.subarray(0, buffer.lastIndexOf(0x0a) + 1);
      known = { bytes: known.bytes + whole.length, entries: [...known.entries, ...parseJournal(whole.toString(), file, known.entries.length)] };
      return known.entries;
    } finally {
      await handle.close();
    }
  };
}

/** A crash may tear the line it was writing. That entry was never relied on, so it is cut off before the next one is written. */
async function prepare(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(ifMissing(undefined));
  if (text === undefined) {
    await (await open(file, 'a')).close();
    await syncDirectory(dirname(file));
  } else if (text !== '' && !text.endsWith('\n')) {
    await truncate(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
  }
}

/** @param before lines that came before this text @throws StranglerError STR_CUTOVER_LOG_DAMAGED */
export function parseJournal(text: string, file: string, before = 0): JournalEntry[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').slice(0, -1);
  return whole.map((line, index) => {
    try {
      return JSON.parse(line) as JournalEntry;
    } catch (cause) {
      throw new StranglerError({
        code: 'STR_CUTOVER_LOG_DAMAGED', cause, exitCode: 1, message: `${file}:${String(before + index + 1)} is no entry of a cut-over's log.`,
        remedy: 'Find out who changed it. Move it away only once you know which side owns the tables: `strangler status` and the fences say so.',
      });
    }
  });
}

const ifMissing = <T>(value: T) => (error: unknown): T => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value;
  throw error;
};

/** A new file's name is durable only with its directory. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().catch(() => undefined); // Windows has no such call and needs none
  await handle.close();
}

/** Where the last run stands. */
export type Standing =
  | { readonly kind: 'closed'; readonly nextRun: number }
  /** Nothing was flipped: undo everything. */
  | { readonly kind: 'reversible'; readonly run: number; readonly started: Started; readonly holdId: string | undefined; readonly nextRun: number }
  /** The flip was asked for: finish. */
  | { readonly kind: 'committed'; readonly run: number; readonly started: Started; readonly nextRun: number };
export type Started = Extract<JournalEntry, { event: 'started' }>;

export function standing(entries: readonly JournalEntry[]): Standing {
  // Not the last entry's: a process that slept through another's run may have written after it.
  const last = entries.reduce((latest, { run }) => Math.max(latest, run), 0);
  const own = entries.filter(({ run }) => run === last);
  const started = own.find((entry): entry is Extract<JournalEntry, { event: 'started' }> => entry.event === 'started');
  const nextRun = last + 1;
  if (started === undefined || own.some(({ event }) => event === 'closed')) return { kind: 'closed', nextRun };
  if (own.findLast(({ event }) => event === 'committing' || event === 'refused')?.event === 'committing') return { kind: 'committed', run: last, started, nextRun };
  const held = own.find((entry) => entry.event === 'step' && entry.step === 'hold');
  const detail = held?.event === 'step' ? held.detail as { id?: string } | undefined : undefined;
  return { kind: 'reversible', run: last, started, holdId: detail?.id, nextRun };
}
