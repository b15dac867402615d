import { filled, rowChange, unpack } from '../capture/packed-events.ts';
import { parseRelation, relationOf, withRelation, type PackedChanges, type Relations } from '../capture/packed.ts';
import { afterTuple, hasUnchanged, mergeTuples, u32 } from '../capture/tuple.ts';
import { identityOf, sameIdentity } from './packed-identity.ts';
import type { Shape, Shapes, Way } from './packed-shape.ts';
import { plan, type Step } from './plan.ts';
import type { Into, TableMaps, TargetChange } from './table-map.ts';
import { toTarget } from './to-target.ts';

/** A tuple where it lies. */
export interface RowAt {
  readonly bytes: Buffer;
  readonly at: number;
}

/** What a batch comes to for one table: `NetEffect` of plan.ts, of rows that were never unpacked. Deletes come first. */
export interface PackedEffect {
  readonly kind: 'packed';
  readonly shape: Shape;
  readonly deletes: readonly RowAt[];
  readonly inserts: readonly RowAt[];
  /** Whole rows; and rows whose unchanged TOAST was left out. */
  readonly updates: readonly RowAt[];
  readonly partial: readonly RowAt[];
}

export type PackedStep = PackedEffect | Step
  /** Rows of a snapshot, in COPY's text format. */
  | { readonly kind: 'copied'; readonly shape: Shape; readonly text: Buffer };

export interface PackedPlan {
  readonly steps: readonly PackedStep[];
  /** Changes of replicated tables, without the rows of snapshots. */
  readonly events: number;
  readonly rowsSnapshotted: number;
}

type State = RowAt & (
  | { readonly kind: 'delete' }
  | { readonly kind: 'insert'; readonly replaces: boolean }
  | { readonly kind: 'update'; readonly partial: boolean }
);

interface TableState {
  readonly shape: Shape;
  readonly keys: Map<string | number, State>;
}

/**
 * `plan` in strict mode for packed changes: the same effect, without making JavaScript values of the rows. Tables do not depend on each other (the sink checks no
 * foreign key and fires no trigger), so each has a stretch of its own between its barriers: a changed key, a truncate, another shape. What is no plain row
 * (a table that is transformed, a changed key) goes the way of text.
 */
export function planPacked(batch: readonly PackedChanges[], shapes: Shapes, maps: TableMaps): PackedPlan {
  const planner = new Planner(shapes, maps);
  for (const changes of batch) planner.add(changes);
  return planner.finish();
}

class Planner {
  private readonly shapes: Shapes;
  private readonly maps: TableMaps;
  private readonly steps: PackedStep[] = [];
  private readonly open = new Map<Into, TableState>();
  private readonly text: TargetChange[] = [];
  private events = 0;
  private rowsSnapshotted = 0;
  private relations: Relations = new Map();
  private lastId = -1;
  private lastState: TableState | undefined;
  private lastWay: Way;

  constructor(shapes: Shapes, maps: TableMaps) {
    this.shapes = shapes;
    this.maps = maps;
  }

  finish(): PackedPlan {
    for (const into of [...this.open.keys()]) this.flush(into);
    return { steps: [...this.steps, ...plan(this.text, 'strict')], events: this.events, rowsSnapshotted: this.rowsSnapshotted };
  }

  add({ bytes, relations }: PackedChanges): void {
    this.know(relations);
    for (let at = 0; at < bytes.length;) {
      const end = at + 4 + u32(bytes, at);
      this.message(bytes, at + 4, end);
      at = end;
    }
  }

  private know(relations: Relations): void {
    if (relations === this.relations) return;
    this.relations = relations;
    this.lastId = -1;
  }

  private message(bytes: Buffer, start: number, end: number): void {
    switch (bytes[start]) {
      case 0x52 /* R */: this.know(withRelation(this.relations, parseRelation(bytes, start))); return;
      case 0x53 /* S */: this.snapshot(bytes, start, end); return;
      case 0x54 /* T */: for (let next = start + 6; next < end; next += 4) this.truncate(u32(bytes, next)); return;
      default: this.row(bytes, start, end);
    }
  }

  private row(bytes: Buffer, start: number, end: number): void {
    const id = u32(bytes, start + 1);
    if (id !== this.lastId) this.turnTo(id);
    if (this.lastWay === undefined) return;
    if (this.lastState !== undefined) this.events += 1;
    if (this.lastState === undefined) this.asText(bytes, start, end);
    else if (bytes[start] === 0x49 /* I */) insert(this.lastState, bytes, start + 6);
    else if (bytes[start] === 0x44 /* D */) set(this.lastState, { kind: 'delete', bytes, at: start + 6 });
    else this.update(this.lastState, bytes, start);
  }

  /** Most changes are of the table of the one before. */
  private turnTo(id: number): void {
    this.lastId = id;
    this.lastWay = this.shapes.of(relationOf(this.relations, id));
    this.lastState = typeof this.lastWay === 'object' ? this.state(this.lastWay) : undefined;
  }

  private state(shape: Shape): TableState {
    const known = this.open.get(shape.into);
    if (known?.shape === shape) return known;
    if (known !== undefined) this.flush(shape.into);
    const state: TableState = { shape, keys: new Map() };
    this.open.set(shape.into, state);
    return state;
  }

  private flush(into: Into): void {
    const state = this.open.get(into);
    this.open.delete(into);
    this.lastId = -1;
    if (state !== undefined && state.keys.size > 0) this.steps.push(effectOf(state));
  }

  private update(state: TableState, bytes: Buffer, start: number): void {
    const tag = bytes[start + 5];
    if (tag === 0x4e /* N */) {
      change(state, bytes, start + 6);
      return;
    }
    const after = afterTuple(bytes, start + 6) + 1;
    if (tag === 0x6b /* k */ || !sameIdentity(state.shape, bytes, start + 6, after)) {
      this.move(state, bytes, start);
      return;
    }
    const merged = filled(state.shape.relation, bytes, after, start + 6, tag);
    if (merged === undefined) change(state, bytes, after);
    else change(state, merged, 0);
  }

  /** A changed key is a barrier, and rare: it goes as text. */
  private move({ shape }: TableState, bytes: Buffer, start: number): void {
    this.flush(shape.into);
    this.steps.push(...plan(toTarget(rowChange(bytes, start, shape.relation), this.maps), 'strict'));
  }

  private asText(bytes: Buffer, start: number, end: number): void {
    const changes = unpack({ bytes: bytes.subarray(start - 4, end), relations: this.relations }).flatMap((event) => toTarget(event, this.maps));
    for (const change of changes) {
      if (change.op === 'insert' && change.from === 'snapshot') this.rowsSnapshotted += 1;
      else this.events += 1;
      this.text.push(change);
    }
  }

  private truncate(id: number): void {
    const relation = relationOf(this.relations, id);
    const way = this.shapes.of(relation);
    if (typeof way === 'object') {
      this.events += 1;
      this.open.delete(way.into); // what came before it in this stretch is gone anyway
      this.lastId = -1;
      this.steps.push({ kind: 'truncate', into: way.into });
    } else if (way === 'text') {
      const changes = toTarget({ op: 'truncate', schema: relation.schema, table: relation.table }, this.maps);
      this.events += changes.length;
      this.text.push(...changes);
    }
  }

  private snapshot(bytes: Buffer, start: number, end: number): void {
    const way = this.shapes.of(relationOf(this.relations, u32(bytes, start + 1)));
    if (way === 'text') {
      this.asText(bytes, start, end);
    } else if (way !== undefined) {
      this.rowsSnapshotted += u32(bytes, start + 5);
      this.flush(way.into);
      this.steps.push({ kind: 'copied', shape: way, text: bytes.subarray(start + 9, end) });
    }
  }
}

/** The latest state stands last, so that rows are written in the order of their last change. */
function set({ shape, keys }: TableState, state: State): void {
  const id = identityOf(shape, state.bytes, state.at);
  keys.delete(id);
  keys.set(id, state);
}

function insert(table: TableState, bytes: Buffer, at: number): void {
  const id = identityOf(table.shape, bytes, at);
  const before = table.keys.get(id);
  if (before !== undefined) table.keys.delete(id);
  table.keys.set(id, { kind: 'insert', bytes, at, replaces: before?.kind === 'delete' || (before?.kind === 'insert' && before.replaces) });
}

/** An update that kept its key. */
function change(table: TableState, bytes: Buffer, at: number): void {
  const id = identityOf(table.shape, bytes, at);
  const before = table.keys.get(id);
  const partial = hasUnchanged(bytes, at);
  if (before === undefined) {
    table.keys.set(id, { kind: 'update', bytes, at, partial });
    return;
  }
  table.keys.delete(id);
  table.keys.set(id, changed(before, bytes, at, partial));
}

function changed(before: State, bytes: Buffer, at: number, partial: boolean): State {
  // Only a repeated history changes a row after its end: what follows will say so again.
  if (before.kind === 'delete') return partial ? before : { kind: 'insert', bytes, at, replaces: true };
  const row: RowAt = partial ? { bytes: mergeTuples(bytes, at, before.bytes, before.at, () => true), at: 0 } : { bytes, at };
  if (before.kind === 'insert') return { ...row, kind: 'insert', replaces: before.replaces };
  return { ...row, kind: 'update', partial: partial && hasUnchanged(row.bytes, row.at) };
}

function effectOf({ shape, keys }: TableState): PackedEffect {
  const effect = { kind: 'packed' as const, shape, deletes: [] as RowAt[], inserts: [] as RowAt[], updates: [] as RowAt[], partial: [] as RowAt[] };
  for (const state of keys.values()) {
    if (state.kind === 'delete') effect.deletes.push(state);
    else if (state.kind === 'update') (state.partial ? effect.partial : effect.updates).push(state);
    else {
      if (state.replaces) effect.deletes.push(state);
      effect.inserts.push(state);
    }
  }
  return effect;
}
