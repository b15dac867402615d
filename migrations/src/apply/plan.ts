import type { RowText } from '../capture/change-event.ts';
import type { Into, TargetChange } from './table-map.ts';

/**
 * How sure we are of the target. `strict`: it is exactly the source as of the checkpoint, so a row to update must be there. `idempotent`: the events may have been
 * applied before (replay in place, a log that repeats itself), so a missing row may be one that goes later.
 */
export type ApplyMode = 'strict' | 'idempotent';

/** Rows with the same columns: one statement. */
export interface RowGroup {
  readonly columns: readonly string[];
  readonly rows: readonly RowText[];
}

/** What a batch comes to for one table. Deletes come first: a row that was deleted and made again is in both. */
export interface NetEffect {
  readonly into: Into;
  readonly deletes: readonly RowText[];
  readonly upserts: readonly RowGroup[];
  readonly updates: readonly RowGroup[];
  /** Updates of rows that may be gone. */
  readonly clears: readonly RowGroup[];
}

/** Steps run in order; within a net step the tables may run in any order. */
export type Step =
  | { readonly kind: 'net'; readonly effects: readonly NetEffect[] }
  /** A changed key: the row is moved, because a delete and an insert would lose what the event left out. */
  | { readonly kind: 'move'; readonly into: Into; readonly keyBefore: RowText; readonly row: RowText }
  | { readonly kind: 'truncate'; readonly into: Into };

type KeyState =
  | { readonly kind: 'delete'; readonly key: RowText }
  /** `replaces`: an earlier row of this key goes first, so that columns only the target has start from their defaults. */
  | { readonly kind: 'upsert'; readonly row: RowText; readonly replaces: boolean }
  | { readonly kind: 'update' | 'clear'; readonly row: RowText };

interface TableState {
  readonly into: Into;
  readonly keys: Map<string, KeyState>;
}

/** Pure: the least work that has the effect of `changes`, in order. */
export function plan(changes: Iterable<TargetChange>, mode: ApplyMode): Step[] {
  const steps: Step[] = [];
  let open = new Map<Into, TableState>();
  const close = (): void => {
    if (open.size > 0) steps.push({ kind: 'net', effects: [...open.values()].map(netEffect).sort(addersLast) });
    open = new Map();
  };
  for (const change of changes) {
    if (change.op === 'truncate') {
      open.delete(change.into); // what came before it in this stretch is gone anyway
      close();
      steps.push({ kind: 'truncate', into: change.into });
    } else if (change.op === 'move' && !(mode === 'idempotent' && change.whole)) {
      close();
      steps.push({ kind: 'move', into: change.into, keyBefore: change.keyBefore, row: change.row });
    } else {
      note(tableState(open, change), change, mode);
    }
  }
  close();
  return steps;
}

/** Rows come before what is added to them. */
const addersLast = (a: NetEffect, b: NetEffect): number => Number(a.into.added !== undefined) - Number(b.into.added !== undefined);

function tableState(open: Map<Into, TableState>, { into }: TargetChange): TableState {
  const known = open.get(into);
  if (known !== undefined) return known;
  const state: TableState = { into, keys: new Map() };
  open.set(into, state);
  return state;
}

type NetChange = Exclude<TargetChange, { op: 'truncate' }>;

function note({ into: { key }, keys }: TableState, change: NetChange, mode: ApplyMode): void {
  switch (change.op) {
    case 'insert': case 'upsert': set(keys, key, change.row, inserted(change.row, keys.get(identity(key, change.row)))); return;
    case 'delete': set(keys, key, change.keyBefore, { kind: 'delete', key: change.keyBefore }); return;
    case 'update': set(keys, key, change.row, updated(change, keys.get(identity(key, change.row)), mode)); return;
    case 'clear': set(keys, key, change.row, { kind: 'clear', row: change.row }); return;
    case 'move': // only when the row is whole and the mode idempotent: both keys end as the event says, whatever was there
      set(keys, key, change.keyBefore, { kind: 'delete', key: change.keyBefore });
      set(keys, key, change.row, { kind: 'upsert', row: change.row, replaces: false });
  }
}

/** The latest state stands last, so that rows are written in the order of their last change. */
function set(keys: Map<string, KeyState>, key: readonly string[], row: RowText, state: KeyState): void {
  const id = identity(key, row);
  keys.delete(id);
  keys.set(id, state);
}

const inserted = (row: RowText, before: KeyState | undefined): KeyState =>
  ({ kind: 'upsert', row, replaces: before?.kind === 'delete' || (before?.kind === 'upsert' && before.replaces) });

function updated({ row, whole }: { readonly row: RowText; readonly whole: boolean }, before: KeyState | undefined, mode: ApplyMode): KeyState {
  // Only a repeated history changes a row after its end: what follows will say so again.
  if (before?.kind === 'delete') return whole ? { kind: 'upsert', row, replaces: true } : before;
  const merged = whole ? row : { ...before?.row, ...row };
  if (before?.kind === 'upsert') return { ...before, row: merged };
  return whole && mode === 'idempotent' ? { kind: 'upsert', row, replaces: false } : { kind: 'update', row: merged };
}

/** One text per key; lengths keep ('a','bc') apart from ('ab','c'). */
export const identity = (key: readonly string[], row: RowText): string => {
  const [only] = key;
  if (key.length === 1 && only !== undefined) return row[only] ?? '';
  return key.map((column) => { const value = row[column] ?? ''; return `${String(value.length)}:${value}`; }).join('');
};

function netEffect({ into, keys }: TableState): NetEffect {
  const deletes: RowText[] = [];
  const [upserts, updates, clears] = [new Groups(), new Groups(), new Groups()];
  for (const state of keys.values()) {
    switch (state.kind) {
      case 'delete': deletes.push(state.key); break;
      case 'update': updates.add(state.row); break;
      case 'clear': clears.add(state.row); break;
      case 'upsert':
        if (state.replaces) deletes.push(state.row);
        upserts.add(state.row);
    }
  }
  return { into, deletes, upserts: upserts.all(), updates: updates.all(), clears: clears.all() };
}

class Groups {
  private readonly bySignature = new Map<string, { columns: string[]; rows: RowText[] }>();

  add(row: RowText): void {
    const columns = Object.keys(row);
    const signature = columns.join('\0');
    const group = this.bySignature.get(signature);
    if (group === undefined) this.bySignature.set(signature, { columns, rows: [row] });
    else group.rows.push(row);
  }

  all(): RowGroup[] {
    return [...this.bySignature.values()];
  }
}
