import type { Lsn } from './lsn.ts';

/** A column's value as PostgreSQL prints it. Values stay text from the WAL to the target's cast: parsing loses timestamps, json, numerics (44 types measured). */
export type ColumnText = string | null;

/** Column name → text. A column whose TOASTed value did not change is absent: absent means unknown, null means NULL. */
export type RowText = Readonly<Record<string, ColumnText>>;

export interface TableRef {
  readonly schema: string;
  readonly table: string;
}

/** What happened to a row. */
export type ChangeEvent = TableRef & (
  | { readonly op: 'snapshot-read' | 'create'; readonly after: RowText }
  /**
   * `keyBefore` is there only when the key changed: apply it as UPDATE … WHERE key = keyBefore, or unchanged TOAST is lost.
   * `unchanged` names the columns left out of `after`; without it `after` is the whole row.
   */
  | { readonly op: 'update'; readonly after: RowText; readonly keyBefore?: RowText; readonly unchanged?: readonly string[] }
  | { readonly op: 'delete'; readonly keyBefore: RowText }
  | { readonly op: 'truncate' }
);

/** A whole source transaction: the unit that is logged, applied, fenced and replayed. A row's own LSN is neither unique nor ordered; the commit's end LSN is. */
export interface ChangeTransaction {
  readonly commitLsn: Lsn;
  /** Source transaction id, for the visibility test of incremental snapshots; 0 when the log does not carry it. */
  readonly xid: number;
  /** Commit time at the source, milliseconds since the Unix epoch. */
  readonly committedAtMs: number;
  readonly events: readonly ChangeEvent[];
  /** Content of a marker written with pg_logical_emit_message(true, 'strangler', …): cut-over and replay recognise their own marks. */
  readonly marker?: string;
}
