import { randomUUID } from 'node:crypto';
import type { ChangeEvent, ChangeTransaction } from '../../capture/change-event.ts';
import type { KeyTexts, RowChunk } from '../../capture/row-chunk.ts';
import { tableName, type CapturedTables } from '../../capture/table-ref.ts';
import type { CopyingTable, CopyState } from './state.ts';
import { keyId, soften, textsOf, Touched, type Softened } from './touched.ts';

/** Markers of pieces begin with it. */
export const PREFIX = 'table-copy';

/** What was read of a table, on its way into the log at the place of its marker. */
export interface Piece {
  readonly table: string;
  readonly chunk: RowChunk;
  /** Keys that were asked for and not found. */
  readonly absent: readonly KeyTexts[];
  /** Keys that were asked for, as far as they may be pending. */
  readonly keys: readonly KeyTexts[];
  /** The rows were held against changes up to the marker: they are as of it. */
  readonly locked: boolean;
}

interface Waiting {
  readonly piece: Piece | { readonly finish: string } | { readonly gone: readonly string[] };
  readonly logged: (rows: number) => void;
}

/**
 * The stream's side of copying tables while it runs (Andreakis and Papapanagiotou, DBLog, 2020, with the visibility test in place of its watermark window). A piece of
 * rows is read under a snapshot, then a mark is written into the WAL; where the mark comes by, the piece takes its place in the log, without the rows that the stream
 * has changed behind the snapshot's back. Until the whole table is there its changes are softened (`soften`), so that each is right whether its row is there or not.
 */
export class TableCopies {
  readonly state: CopyState;
  private readonly tables: CapturedTables;
  private readonly plain: ReadonlyMap<string, unknown>;
  private readonly run = randomUUID();
  private readonly touched = new Map<string, Touched>();
  private readonly waiting = new Map<string, Waiting>();
  private next = 0;

  /** @param plain mappings under which a row of the source is a row of the target */
  constructor(state: CopyState, tables: CapturedTables, plain: ReadonlyMap<string, unknown>) {
    this.state = state;
    this.plain = plain;
    this.tables = tables;
  }

  /** The content of the marker that will stand for this piece. */
  expect(piece: Waiting['piece'], logged: Waiting['logged']): string {
    this.next += 1;
    const marker = `${PREFIX}:${this.run}:${String(this.next)}`;
    this.waiting.set(marker, { piece, logged });
    return marker;
  }

  /** The piece will not come: its marker, should it be in the WAL, stands for nothing. */
  forget(marker: string): void {
    this.waiting.delete(marker);
  }

  prune(table: string, { visibility }: RowChunk): void {
    this.touched.get(table)?.prune(visibility);
  }

  /** Puts what was captured into the log, with what belongs there of the copies. */
  async append(transactions: readonly ChangeTransaction[], write: (transactions: readonly ChangeTransaction[]) => Promise<void>): Promise<void> {
    await this.state.settled();
    if (this.state.copying.size === 0 && this.state.leaving.size === 0) { await write(transactions); return; }
    const done: (() => void)[] = [];
    const asked: boolean[] = [];
    const changed = transactions.map((transaction) => {
      const [softened, asks] = this.softened(transaction);
      asked.push(asks);
      return this.filled(softened, done);
    });
    // Before the log holds an event with something left out, it is written down that the row must be read again.
    if (asked.includes(true)) await this.state.save();
    await write(changed);
    for (const each of done) each();
  }

  private softened(transaction: ChangeTransaction): [ChangeTransaction, boolean] {
    const { copying, leaving } = this.state;
    if (!transaction.events.some((event) => copying.has(tableName(event)) || leaving.has(tableName(event)))) return [transaction, false];
    let asks = false;
    const events = transaction.events.flatMap((event): readonly ChangeEvent[] => {
      const table = tableName(event);
      if (leaving.has(table)) return [];
      const copied = copying.get(table);
      if (copied === undefined) return [event];
      const softer = soften(event, this.tables.get(table)?.key ?? [], this.plain.has(table));
      asks = this.touch(table, copied, softer, transaction.xid) || asks;
      return softer.events;
    });
    return [withEvents(transaction, events), asks];
  }

  /** @returns whether a row must be read again */
  private touch(table: string, { pending }: CopyingTable, { touches, truncates }: Softened, xid: number): boolean {
    const touched = this.touchedOf(table);
    if (truncates) { touched.truncate(xid); pending.clear(); }
    for (const { key, partial } of touches) {
      touched.note(key, xid, partial);
      if (partial) this.state.ask(table, key);
    }
    return touches.some(({ partial }) => partial);
  }

  private touchedOf(table: string): Touched {
    const known = this.touched.get(table) ?? new Touched();
    this.touched.set(table, known);
    return known;
  }

  /** A marker of ours becomes what it stands for. */
  private filled(transaction: ChangeTransaction, done: (() => void)[]): ChangeTransaction {
    const { marker } = transaction;
    const waiting = marker === undefined ? undefined : this.waiting.get(marker);
    if (marker === undefined || waiting === undefined) return transaction;
    this.waiting.delete(marker);
    const { piece, logged } = waiting;
    if ('gone' in piece) {
      for (const table of piece.gone) this.state.leaving.delete(table);
      done.push(() => { logged(0); });
      return transaction;
    }
    if ('finish' in piece) {
      if (this.state.copying.get(piece.finish)?.pending.size === 0) this.state.copying.delete(piece.finish);
      done.push(() => { logged(0); });
      return transaction;
    }
    const copying = this.state.copying.get(piece.table);
    const [events, met] = copying === undefined ? [[], []] : this.eventsOf(piece, copying);
    done.push(() => {
      for (const [key, asked] of met) if (copying?.pending.get(key) === asked) copying.pending.delete(key);
      logged(events.length);
    });
    return withEvents(transaction, [...transaction.events, ...events]);
  }

  /** The rows that are still right here, and the pending keys that are thereby met. */
  private eventsOf({ table, chunk, absent, keys, locked }: Piece, { pending }: CopyingTable): [ChangeEvent[], (readonly [string, number])[]] {
    const touched = this.touchedOf(table);
    const captured = this.tables.get(table);
    if (captured === undefined) return [[], []];
    const { key: names, ref } = captured;
    const found = new Set(locked ? chunk.rows.map((row) => keyId(textsOf(names, row))) : []);
    const newer = (key: KeyTexts): 'no' | 'whole' | 'partial' => found.has(keyId(key)) ? 'no' : touched.newer(key, chunk.visibility);
    const rows = chunk.rows.filter((row) => newer(textsOf(names, row)) === 'no').map((after): ChangeEvent => ({ op: 'snapshot-read', ...ref, after }));
    const gone = absent.filter((key) => newer(key) === 'no').map((key): ChangeEvent => ({ op: 'delete', ...ref, keyBefore: Object.fromEntries(names.map((name, index) => [name, key[index] ?? ''])) }));
    const met = keys.filter((key) => newer(key) !== 'partial').flatMap((key) => { const asked = pending.get(keyId(key)); return asked === undefined ? [] : [[keyId(key), asked] as const]; });
    return [[...rows, ...gone], met];
  }
}

const withEvents = ({ commitLsn, xid, committedAtMs, marker }: ChangeTransaction, events: readonly ChangeEvent[]): ChangeTransaction =>
  ({ commitLsn, xid, committedAtMs, events, ...(marker === undefined ? {} : { marker }) });
