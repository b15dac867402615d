import type { RowText, TableRef } from '../capture/change-event.ts';
import { tableName } from '../capture/table-ref.ts';
import type { TargetChange } from './table-map.ts';

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
  readonly target: TableRef;
  readonly key: readonly string[];
  readonly deletes: readonly RowText[];
  readonly upserts: readonly RowGroup[];
  readonly updates: readonly RowGroup[];
}

/** Steps run in order; within a net step the tables may run in any order. */
export type Step =
  | { readonly kind: 'net'; readonly effects: readonly NetEffect[] }
  /** A changed key: the row is moved, because a delete and an insert would lose what the event left out. */
  | { readonly kind: 'move'; readonly target: TableRef; readonly key: readonly string[]; readonly keyBefore: RowText; readonly row: RowText }
  | { readonly kind: 'truncate'; readonly target: TableRef };

type KeyState =
  | { readonly kind: 'delete'; readonly key: RowText }
  /** `replaces`: an earlier row of this key goes first, so that columns only the target has start from their defaults. */
  | { readonly kind: 'upsert'; readonly row: RowText; readonly replaces: boolean }
  | { readonly kind: 'update'; readonly row: RowText };

interface TableState {
  readonly target: TableRef;
  readonly key: readonly string[];
  readonly keys: Map<string, KeyState>;
}

/** Pure: the least work that has the effect of `changes`, in order. */
export function plan(changes: Iterable<TargetChange>, mode: ApplyMode): Step[] {
  const steps: Step[] = [];
  let open = new Map<string, TableState>();
  const close = (): void => {
    if (open.size > 0) steps.push({ kind: 'net', effects: [...open.values()].map(netEffect) });
    open = new Map();
  };
  for (const change of changes) {
    if (change.op === 'truncate') {
      open.delete(tableName(change.target)); // what came before it in this stretch is gone anyway
      close();
      steps.push({ kind: 'truncate', target: change.target });
    } else if (change.op === 'move' && !(mode === 'idempotent' && change.whole)) {
      close();
      steps.push({ kind: 'move', target: change.target, key: change.key, keyBefore: change.keyBefore, row: change.row });
    } else {
      note(tableState(open, change), change, mode);
    }
  }
  close();
  return steps;
}

function tableState(open: Map<string, TableState>, { target, key }: TargetChange): TableState {
  const name = tableName(target);
  const known = open.get(name);
  if (known !== undefined) return known;
  const state: TableState = { target, key, keys: new Map() };
  open.set(name, state);
  return state;
}

type NetChange = Exclude<TargetChange, { op: 'truncate' }>;

function note({ key, keys }: TableState, change: NetChange, mode: ApplyMode): void {
  switch (change.op) {
    case 'insert': set(keys, key, change.row, inserted(change.row, keys.get(identity(key, change.row)))); return;
    case 'delete': set(keys, key, change.keyBefore, { kind: 'delete', key: change.keyBefore }); return;
    case 'update': set(keys, key, change.row, updated(change, keys.get(identity(key, change.row)), mode)); return;
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

function netEffect({ target, key, keys }: TableState): NetEffect {
  const deletes: RowText[] = [];
  const [upserts, updates] = [new Groups(), new Groups()];
  for (const state of keys.values()) {
    switch (state.kind) {
      case 'delete': deletes.push(state.key); break;
      case 'update': updates.add(state.row); break;
      case 'upsert':
        if (state.replaces) deletes.push(state.row);
        upserts.add(state.row);
    }
  }
  return { target, key, deletes, upserts: upserts.all(), updates: updates.all() };
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
