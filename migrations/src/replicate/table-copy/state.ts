import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyTexts } from '../../capture/row-chunk.ts';
import { keyId } from './touched.ts';

/** How far the copy of one table has come. Everything it says is durable in the log; reading a part twice does no harm. */
export interface CopyProgress {
  /** True when the table had been copied before and rows only the target has must go. */
  readonly again: boolean;
  /** Log position at which copying again began: what the log holds of the table before it is replaced by the copy. */
  readonly since?: string;
  readonly after?: KeyTexts;
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
  private readonly directory: string;
  private asked = 0;
  private saving: Promise<void> = Promise.resolve();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async load(directory: string): Promise<CopyState> {
    const state = new CopyState(directory);
    const text = await readFile(join(directory, FILE), 'utf8').catch(() => undefined);
    if (text === undefined) return state;
    const { copying, leaving } = JSON.parse(text) as Saved;
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
    await file.writeFile(JSON.stringify({ version: 1, copying, leaving: [...this.leaving] } satisfies Saved));
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
