import type { Clock, TableMapping } from '@strangler/kernel';
import type pg from 'pg';
import { withoutRange, type BlockRange } from '../../capture/block-range.ts';
import { connect, isPassing, textRows, withConnection } from '../../capture/connect.ts';
import { parseLsn, type Lsn } from '../../capture/lsn.ts';
import { writeMarker } from '../../capture/marker.ts';
import { ChunkReader, writersOf, type KeyTexts, type RowChunk } from '../../capture/row-chunk.ts';
import { parseTableRef, quoteName, quoteTable, type CapturedTable, type CapturedTables } from '../../capture/table-ref.ts';
import { whileThereIs } from '../copy-pace.ts';
import type { Piece, TableCopies } from './copies.ts';
import type { CopyProgress } from './state.ts';
import { keyId, textsOf } from './touched.ts';

export interface CopyingProgress {
  readonly table: string;
  readonly step: 'waiting' | 'rows' | 'extra rows' | 'changed rows' | 'done';
  readonly rows: number;
  /** The planner's estimate of the table; undefined before it was ever analysed. */
  readonly expected?: number;
  /** For whom it waits. */
  readonly message?: string;
}

export interface CopierOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly tables: CapturedTables;
  /** By the captured table's name; where rows are split or merged a row of the target is no row of the source, and extra rows cannot be told. */
  readonly mappings: ReadonlyMap<string, TableMapping>;
  readonly copies: TableCopies;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The target is the source as of here, but for what is being copied. */
  readonly applied: () => Lsn;
  /** For what the next piece should wait; undefined when it need not. */
  readonly whyWait: () => string | undefined;
  /** Told the rows of each piece, and waited for. */
  readonly pace: (rows: number) => Promise<void>;
  readonly onProgress: (progress: CopyingProgress) => void;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

const CHUNK_ROWS = 2_000;
const CHUNK_BYTES = 8_000_000;
/** Where nobody knows how many rows a block has. */
const CHUNK_BLOCKS = 64;
const RETRY_MS = { first: 200, longest: 5_000 };
/** A row that changed at each of so many readings is held while it is read. */
const PATIENCE = 4;

interface NextRows {
  /** Undefined where nothing was read. */
  readonly chunk?: RowChunk;
  /** The progress once the log holds them, but for the count of rows. */
  readonly then: CopyProgress;
}

/** Copies every table that the state says is being copied, one after the other; the stream goes on meanwhile. Ends when there is none, or when aborted. */
export async function copyTables(options: CopierOptions): Promise<void> {
  const { copies, signal, clock } = options;
  const aborted = (): boolean => signal.aborted;
  for (let retryMs = RETRY_MS.first; !aborted();) {
    try {
      await withConnection(options.sourceUrl, 'source', async (client) => {
        await sayGoodbye(client, options);
        for (const name of [...copies.state.copying.keys()]) await new TableCopier(client, name, options).run();
      });
      return;
    } catch (error) {
      if (aborted()) return;
      if (!isPassing(error)) throw error;
      options.onTrouble(error, retryMs);
      await clock.sleep(retryMs, signal).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, RETRY_MS.longest);
    }
  }
}

/** Behind a mark that was written after the publication dropped them, tables that have left send nothing more. */
async function sayGoodbye(client: pg.Client, { copies }: CopierOptions): Promise<void> {
  if (copies.state.leaving.size === 0) return;
  const marker = copies.expect({ gone: [...copies.state.leaving] }, () => { void copies.state.save().catch(() => undefined); });
  await writeMarker(client, marker);
}

class TableCopier {
  private readonly client: pg.Client;
  private readonly name: string;
  private readonly table: CapturedTable;
  private readonly options: CopierOptions;
  private reader!: ChunkReader;
  private expected: number | undefined;

  constructor(client: pg.Client, name: string, options: CopierOptions) {
    const table = options.tables.get(name);
    if (table === undefined) throw new Error(`${name} is being copied, and nobody captures it`);
    this.client = client;
    this.name = name;
    this.table = table;
    this.options = options;
  }

  private get copying() {
    return this.options.copies.state.copying.get(this.name);
  }

  async run(): Promise<void> {
    this.reader = await ChunkReader.open(this.client, this.table);
    this.expected = await this.estimate();
    await this.writersGone();
    await this.extraRows();
    await this.ranges();
    await this.replacedIsApplied();
    while (this.copying !== undefined && !this.options.signal.aborted) {
      await this.changedRows();
      await this.submit((marker) => writeMarker(this.client, marker), { finish: this.name });
      await this.options.copies.state.save();
    }
    if (!this.options.signal.aborted) this.say('done');
  }

  /** Until then a restart must know what of the log the copy replaces. */
  private async replacedIsApplied(): Promise<void> {
    const since = this.copying?.progress.since;
    while (since !== undefined && this.options.applied() < parseLsn(since) && !this.options.signal.aborted) await this.options.clock.sleep(20, this.options.signal).catch(() => undefined);
  }

  private say(step: CopyingProgress['step'], message?: string): void {
    const rows = this.copying?.progress.rows ?? this.rows;
    this.rows = rows;
    this.options.onProgress({ table: this.name, step, rows, ...(this.expected === undefined ? {} : { expected: this.expected }), ...(message === undefined ? {} : { message }) });
  }

  private rows = 0;

  /** Rows by the planner's estimate; what is read at once is bounded by bytes, too. */
  private async estimate(): Promise<number | undefined> {
    const [row] = await textRows<'rows' | 'bytes' | 'blocks'>(this.client, `SELECT coalesce(sum(c.reltuples) FILTER (WHERE c.reltuples >= 0), 0)::bigint AS rows, coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes,
      coalesce(sum(pg_relation_size(c.oid)) / current_setting('block_size')::int, 0) AS blocks
      FROM pg_class c WHERE c.relkind = 'r' AND c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)) UNION ALL SELECT to_regclass($1))`, [quoteTable(this.table.ref)]);
    const [rows, bytes] = [Number(row?.rows ?? '0'), Number(row?.bytes ?? '0')];
    const perRow = bytes / Math.max(1, rows === 0 ? bytes / 4_000 : rows);
    this.chunkRows = Math.min(CHUNK_ROWS, Math.max(20, Math.floor(CHUNK_BYTES / Math.max(1, perRow))));
    if (rows > 0) this.chunkBlocks = Math.max(1, Math.floor(this.chunkRows * Number(row?.blocks ?? '0') / rows));
    return rows === 0 ? undefined : rows;
  }

  private chunkRows = CHUNK_ROWS;
  private chunkBlocks = CHUNK_BLOCKS;

  /** Everybody who was writing the table when we came has ended: what they wrote is visible, or was streamed to us. */
  private async writersGone(): Promise<void> {
    const { clock, signal } = this.options;
    const before = await writersOf(this.client, this.table);
    for (let looks = 0; !signal.aborted; looks += 1) {
      const now = await writersOf(this.client, this.table);
      const still = [...before.keys()].filter((transaction) => now.has(transaction));
      if (still.length === 0) return;
      if (looks % 50 === 10) this.say('waiting', `for transactions that were writing it before: ${still.map((transaction) => now.get(transaction) ?? '').join('; ')}`);
      await clock.sleep(looks < 10 ? 10 : 200, signal).catch(() => undefined);
    }
  }

  private async ranges(): Promise<void> {
    for (let copying = this.copying; copying !== undefined && !copying.progress.rangesDone && !this.options.signal.aborted; copying = this.copying) {
      await this.throttled();
      const { blocks } = copying.progress;
      const { chunk, then } = blocks === undefined ? await this.nextByKey(copying.progress) : await this.nextBlocks(copying.progress, blocks);
      if (chunk !== undefined) await this.insert(chunk, { absent: [], keys: [], locked: false });
      copying.progress = { ...then, rows: then.rows + (chunk?.rows.length ?? 0) };
      await this.options.copies.state.save();
      this.say('rows');
      await this.options.pace(chunk?.rows.length ?? 0);
    }
  }

  private async nextByKey(progress: CopyProgress): Promise<NextRows> {
    const chunk = await this.reader.after(progress.after, this.chunkRows);
    const last = chunk.rows.at(-1);
    return { chunk, then: { ...progress, rangesDone: chunk.rows.length < this.chunkRows, ...(last === undefined ? {} : { after: this.reader.keyOf(last) }) } };
  }

  /** What a snapshot left over. Where the table was rewritten since, nobody knows any more which rows that is, and all are read: those that are there already are written once more. */
  private async nextBlocks(progress: CopyProgress, blocks: readonly BlockRange[]): Promise<NextRows> {
    const [next] = blocks;
    if (next === undefined) return { then: { ...progress, rangesDone: true } };
    const range = { ...next, to: Math.min(next.to, next.from + this.chunkBlocks) };
    const chunk = await this.reader.inBlocks(range);
    if (chunk === undefined) return { then: { again: progress.again, ofSnapshot: true, rangesDone: false, orphansDone: true, rows: 0 } };
    const left = withoutRange(blocks, range);
    return { chunk, then: { ...progress, blocks: left, rangesDone: left.length === 0 } };
  }

  /** Rows that only the target has: asked for by key in the target's own order, so that the two need not agree on one. Before the others, so that they leave room for unique values. */
  private async extraRows(): Promise<void> {
    const mapping = this.options.mappings.get(this.name);
    if (mapping === undefined) return;
    await withTarget(this.options, async (target) => {
      const keys = await targetKeys(target, this.table, mapping);
      for (let copying = this.copying; copying !== undefined && !copying.progress.orphansDone && !this.options.signal.aborted; copying = this.copying) {
        await this.throttled();
        const found = await keys(copying.progress.orphansAfter, CHUNK_ROWS);
        const last = found.at(-1);
        if (found.length > 0) {
          const chunk = await this.reader.of(found);
          await this.insert({ ...chunk, rows: [] }, { absent: this.missing(found, chunk), keys: [], locked: false });
        }
        copying.progress = { ...copying.progress, orphansDone: found.length < CHUNK_ROWS, ...(last === undefined ? {} : { orphansAfter: last }) };
        await this.options.copies.state.save();
        this.say('extra rows');
      }
    });
  }

  /** Rows of which an event left something out while the table was being copied. */
  private async changedRows(): Promise<void> {
    for (let tries = 0; !this.options.signal.aborted; tries += 1) {
      const keys = [...this.copying?.pending.keys() ?? []].slice(0, this.chunkRows).map((key) => JSON.parse(key) as KeyTexts);
      if (keys.length === 0) return;
      await this.throttled();
      if (tries < PATIENCE) {
        const chunk = await this.reader.of(keys);
        await this.insert(chunk, { absent: this.missing(keys, chunk), keys, locked: false });
      } else {
        const held = keys.slice(0, 50);
        await this.insertHeld(held);
      }
      this.say('changed rows');
    }
  }

  private missing(keys: readonly KeyTexts[], { rows }: RowChunk): KeyTexts[] {
    const found = new Set(rows.map((row) => keyId(textsOf(this.table.key, row))));
    return keys.filter((key) => !found.has(keyId(key)));
  }

  private async insert(chunk: RowChunk, more: Omit<Piece, 'table' | 'chunk'>): Promise<void> {
    await this.submit((marker) => writeMarker(this.client, marker), { table: this.name, chunk, ...more });
    this.options.copies.prune(this.name, chunk);
  }

  /** The marker is written by the reading itself, so the piece is known only afterwards: it is filled in before the marker is committed. */
  private async insertHeld(keys: readonly KeyTexts[]): Promise<void> {
    const piece: { -readonly [Field in keyof Piece]: Piece[Field] } = { table: this.name, chunk: { rows: [], visibility: { xmin: 0n, xmax: 0n, inProgress: new Set() } }, absent: [], keys: [], locked: true };
    await this.submit((marker) => this.reader.lockedOf(keys, marker, (chunk) => { Object.assign(piece, { chunk, absent: this.missing(keys, chunk), keys }); }), piece);
  }

  /** Resolves when the log holds it. */
  private async submit(mark: (marker: string) => Promise<unknown>, piece: Parameters<TableCopies['expect']>[0]): Promise<void> {
    const { copies, signal } = this.options;
    let logged: (rows: number) => void = () => undefined;
    const done = new Promise<number>((resolve) => { logged = resolve; });
    const marker = copies.expect(piece, logged);
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => { reject(new Error('stopped')); }, { once: true });
      if (signal.aborted) reject(new Error('stopped')); // it had been before anybody listened
    });
    stopped.catch(() => undefined);
    try {
      await mark(marker);
      await Promise.race([done, stopped]);
    } finally {
      copies.forget(marker);
    }
  }

  private async throttled(): Promise<void> {
    const { whyWait, clock, signal } = this.options;
    await whileThereIs(whyWait, clock, signal, (reason) => { this.say('waiting', reason); });
  }
}

async function withTarget(options: CopierOptions, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await connect(options.targetUrl, 'target');
  try {
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Keys of the target's table in its own order, named and printed as there. */
async function targetKeys(client: pg.Client, { ref, key }: CapturedTable, mapping: TableMapping): Promise<(after: KeyTexts | undefined, limit: number) => Promise<KeyTexts[]>> {
  const into = parseTableRef(mapping.into ?? `${ref.schema}.${ref.table}`);
  const names = key.map((name) => mapping.columns?.[name] ?? name);
  const found = await textRows<'name' | 'type'>(client, `SELECT attname AS name, format_type(atttypid, -1) AS type FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`, [quoteTable(into)]);
  const types = new Map(found.map(({ name, type }) => [name, type]));
  const list = names.map(quoteName).join(', ');
  return async (after, limit) => {
    const bound = after === undefined ? '' : `WHERE (${list}) > (${names.map((name, index) => `$${String(index + 1)}::text::${types.get(name) ?? 'text'}`).join(', ')})`;
    const rows = await textRows<string>(client, `SELECT ${list} FROM ${quoteTable(into)} ${bound} ORDER BY ${list} LIMIT ${String(limit)}`, after ?? []);
    return rows.map((row) => names.map((name) => row[name] ?? ''));
  };
}
