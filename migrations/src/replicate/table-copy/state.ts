import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyTexts } from '../../capture/row-chunk.ts';
import { withoutRange, type BlockRange } from '../../capture/block-range.ts';
import type { Part, SnapshotPlan } from '../../capture/snapshot-plan.ts';
import { keyId } from './touched.ts';

/** How far the copy of one table has come. Everything it says is durable in the log; reading a part twice does no harm. */
export interface CopyProgress {
  /** True when the table had been copied before and rows only the target has must go. */
  readonly again: boolean;
  /** Log position at which copying again began: what the log holds of the table before it is replaced by the copy. */
  readonly since?: string;
  readonly after?: KeyTexts;
  /** True for what a first snapshot left over. */
  readonly ofSnapshot?: boolean;
  /** Blocks that it has not brought; then rows are read by these and not in the order of the key. */
  readonly blocks?: readonly BlockRange[];
  readonly rangesDone: boolean;
  readonly orphansAfter?: KeyTexts;
  readonly orphansDone: boolean;
  readonly rows: number;
}

interface Saved {
  readonly version: 1;
  readonly copying: Readonly<Record<string, CopyProgress & { readonly pending: readonly KeyTexts[] }>>;
  /** Tables that left the config: the stream may still hold some of their changes. */
  readonly leaving: readonly string[];
  readonly snapshot?: SnapshotOf;
  readonly paused?: Readonly<Record<string, PausedTable>>;
}

/** Why a table is out of the stream, and what brings it back. */
export interface PausedTable {
  readonly code: `STR_${string}`;
  readonly reason: string;
  readonly remedy: string;
  /** When that was noticed, as ISO 8601; absent where an older version noticed it. */
  readonly since?: string;
  /** The name it has at the source now, where that is another one. */
  readonly now?: string;
}

/** The first snapshot, by the position it is of, and what it was made for (`purposeOf`): whatever else is in the log of it, `copying` says what is not. */
export interface SnapshotOf {
  readonly at: string;
  readonly purpose: string;
}

const FILE = 'tables.json';

/** A table that is being copied: progress, and the keys that must be read again. */
export interface CopyingTable {
  progress: CopyProgress;
  /** Key → when it was asked for; a later request is not met by an earlier reading. */
  readonly pending: Map<string, number>;
}

/** What is known about tables that join or leave a replication that runs: a file beside the log, as durable as it. */
export class CopyState {
  readonly copying = new Map<string, CopyingTable>();
  readonly leaving = new Set<string>();
  /** Undefined where nothing is known of a first snapshot. */
  snapshot: SnapshotOf | undefined;
  readonly paused = new Map<string, PausedTable>();
  private readonly directory: string;
  private unsaved = false;
  private settling: Promise<void> = Promise.resolve();
  private asked = 0;
  private saving: Promise<void> = Promise.resolve();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async load(directory: string): Promise<CopyState> {
    const state = new CopyState(directory);
    const text = await readFile(join(directory, FILE), 'utf8').catch(() => undefined);
    if (text === undefined) return state;
    const { copying, leaving, snapshot, paused = {} } = JSON.parse(text) as Saved;
    state.snapshot = snapshot;
    for (const [table, each] of Object.entries(paused)) state.paused.set(table, each);
    for (const [table, { pending, ...progress }] of Object.entries(copying)) {
      state.copying.set(table, { progress, pending: new Map() });
      for (const key of pending) state.ask(table, key);
    }
    for (const table of leaving) state.leaving.add(table);
    return state;
  }

  begin(table: string, since: string | undefined): void {
    this.copying.set(table, { pending: new Map(), progress: { again: since !== undefined, ...(since === undefined ? {} : { since }), rangesDone: false, orphansDone: since === undefined, rows: 0 } });
  }

  /** All that a first snapshot is going to bring. */
  beginSnapshot(of: SnapshotOf, { tables }: SnapshotPlan): void {
    this.snapshot = of;
    for (const { name, ranges } of tables) {
      const blocks = ranges?.filter(({ from, to }) => from < to);
      if (blocks?.length === 0) continue;
      this.copying.set(name, { pending: new Map(), progress: { again: false, ofSnapshot: true, ...(blocks === undefined ? {} : { blocks }), rangesDone: false, orphansDone: true, rows: 0 } });
    }
  }

  /** A part of it is durable in the log. */
  read({ table: { name }, range }: Part, rows: number): void {
    const copying = this.copying.get(name);
    if (copying === undefined) return;
    const { progress } = copying;
    const blocks = range === undefined ? [] : withoutRange(progress.blocks ?? [], range);
    if (blocks.length === 0) this.copying.delete(name);
    else copying.progress = { ...progress, blocks, rows: progress.rows + rows };
  }

  /** Its changes are passed over from here on: to be saved (`settled`) before any of them is acknowledged. */
  pause(table: string, why: PausedTable): void {
    this.paused.set(table, why);
    this.copying.delete(table);
    this.unsaved = true;
  }

  /** On disk is what `pause` was told. */
  settled(): Promise<void> {
    if (this.unsaved) {
      this.unsaved = false;
      this.settling = this.save();
    }
    return this.settling;
  }

  /** The key must be read at the source once more. */
  ask(table: string, key: KeyTexts): void {
    this.asked += 1;
    this.copying.get(table)?.pending.set(keyId(key), this.asked);
  }

  /** On disk when it resolves. */
  save(): Promise<void> {
    const done = this.saving.then(() => this.write());
    this.saving = done.catch(() => undefined);
    return done;
  }

  private async write(): Promise<void> {
    const copying = Object.fromEntries([...this.copying].map(([table, { progress, pending }]) => [table, { ...progress, pending: [...pending.keys()].map((key) => JSON.parse(key) as KeyTexts) }]));
    const [path, beside] = [join(this.directory, FILE), join(this.directory, `${FILE}.new`)];
    const file = await open(beside, 'w');
    await file.writeFile(JSON.stringify({ version: 1, copying, leaving: [...this.leaving], ...(this.snapshot === undefined ? {} : { snapshot: this.snapshot }), ...(this.paused.size === 0 ? {} : { paused: Object.fromEntries(this.paused) }) } satisfies Saved));
    await file.datasync();
    await file.close();
    await rename(beside, path);
    const directory = await open(dirname(path), 'r');
    await directory.sync();
    await directory.close();
  }
}

/** The tables that a replication is copying now, with the rows read so far; for those who must wait for them. `directory` is the replication's log. */
export async function tablesBeingCopied(directory: string): Promise<readonly { readonly table: string; readonly rows: number; readonly pending: number }[]> {
  const { copying } = await CopyState.load(directory);
  return [...copying].map(([table, { progress, pending }]) => ({ table, rows: progress.rows, pending: pending.size }));
}
