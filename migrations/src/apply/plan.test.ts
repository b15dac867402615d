import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RowText } from '../capture/change-event.ts';
import { identity, plan, type ApplyMode, type NetEffect, type Step } from './plan.ts';
import type { TargetChange } from './table-map.ts';

const TARGET = { schema: 'public', table: 'books' };
const KEY = ['id'];
const OF = { into: { target: TARGET, key: KEY } };
type Table = Map<string, Record<string, string | null>>;

/** A column only the target has: it starts from its default, and nothing the source says may touch it. */
const inserted = (row: RowText): Record<string, string | null> => ({ ...row, slug: 'default' });

/** What each change means, one at a time: the truth that a plan must come to. */
function applyOne(table: Table, change: TargetChange): void {
  switch (change.op) {
    case 'truncate': table.clear(); return;
    case 'delete': table.delete(identity(KEY, change.keyBefore)); return;
    case 'upsert': case 'clear': throw new Error('only a mapping that filters or adds makes these');
    case 'insert': table.set(identity(KEY, change.row), inserted(change.row)); return;
    case 'update': merge(table, identity(KEY, change.row), change.row); return;
    case 'move': {
      const row = table.get(identity(KEY, change.keyBefore));
      if (row === undefined) throw new Error('moved a row that is not there');
      table.delete(identity(KEY, change.keyBefore));
      table.set(identity(KEY, change.row), { ...row, ...change.row });
    }
  }
}

function merge(table: Table, id: string, row: RowText): void {
  const known = table.get(id);
  if (known === undefined) throw new Error(`updated ${id}, which is not there`);
  table.set(id, { ...known, ...row });
}

/** What the SQL of a step does. */
function run(table: Table, steps: readonly Step[]): Table {
  for (const step of steps) {
    if (step.kind === 'truncate') table.clear();
    else if (step.kind === 'move') applyOne(table, { op: 'move', whole: false, ...step });
    else for (const effect of step.effects) write(table, effect);
  }
  return table;
}

function write(table: Table, { deletes, upserts, updates }: NetEffect): void {
  for (const row of deletes) table.delete(identity(KEY, row));
  for (const row of upserts.flatMap(({ rows }) => rows)) table.set(identity(KEY, row), { ...(table.get(identity(KEY, row)) ?? inserted(row)), ...row });
  for (const row of updates.flatMap(({ rows }) => rows)) merge(table, identity(KEY, row), row);
}

/** Turns dice into a history that a real table could have had: nothing is inserted twice, nothing absent is changed. */
function lived(dice: readonly number[], { moves, partial }: { readonly moves: boolean; readonly partial: boolean }): TargetChange[] {
  const present = new Set<string>();
  return dice.flatMap((die, index): TargetChange[] => {
    const id = String(die % 5);
    const whole = { id, title: `t${String(index)}`, cover: `c${String(index)}` };
    const kind = Math.floor(die / 5) % 10;
    if (!present.has(id)) { present.add(id); return [{ ...OF, op: 'insert', from: 'stream', row: whole }]; }
    if (kind < 3) return [{ ...OF, op: 'update', row: whole, whole: true }];
    if (kind < 5) return partial ? [{ ...OF, op: 'update', row: { id, title: whole.title }, whole: false }] : [];
    if (kind < 7) { present.delete(id); return [{ ...OF, op: 'delete', keyBefore: { id } }]; }
    if (kind === 9) { present.clear(); return [{ ...OF, op: 'truncate' }]; }
    return moves ? moved(present, id, { ...whole, id: String(Math.floor(die / 50) % 5) }, partial && die % 2 === 0) : [];
  });
}

function moved(present: Set<string>, from: string, to: { id: string; title: string; cover: string }, partial: boolean): TargetChange[] {
  if (present.has(to.id)) return [];
  present.delete(from);
  present.add(to.id);
  return [{ ...OF, op: 'move', keyBefore: { id: from }, row: partial ? { id: to.id, title: to.title } : to, whole: !partial }];
}

const dice = fc.array(fc.nat(10_000), { maxLength: 40 });
const sequential = (changes: readonly TargetChange[], table: Table = new Map()): Table => { for (const change of changes) applyOne(table, change); return table; };
const planned = (changes: readonly TargetChange[], mode: ApplyMode, table: Table = new Map()): Table => run(table, plan(changes, mode));
const copy = (table: Table): Table => new Map([...table].map(([id, row]) => [id, { ...row }]));

describe('a plan', () => {
  test('comes to what the changes mean one by one', () => {
    fc.assert(fc.property(dice, (rolled) => {
      const changes = lived(rolled, { moves: true, partial: true });
      expect(planned(changes, 'strict')).toEqual(sequential(changes));
    }));
  });

  test('comes to the same however the history is cut into batches', () => {
    fc.assert(fc.property(dice, fc.nat(40), fc.nat(40), (rolled, a, b) => {
      const changes = lived(rolled, { moves: true, partial: true });
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const cut = [changes.slice(0, first), changes.slice(first, second), changes.slice(second)].reduce<Table>((table, batch) => planned(batch, 'strict', table), new Map());
      expect(cut).toEqual(sequential(changes));
    }));
  });

  test('repeated from any earlier point leaves the table as it was', () => {
    fc.assert(fc.property(dice, fc.nat(40), (rolled, from) => {
      const changes = lived(rolled, { moves: true, partial: false });
      const table = withoutSlugs(sequential(changes));
      expect(withoutSlugs(planned(changes.slice(from), 'idempotent', copy(table)))).toEqual(table);
    }));
  });

  test('done twice is done once', () => {
    fc.assert(fc.property(dice, (rolled) => {
      const changes = lived(rolled, { moves: true, partial: false });
      const once = planned(changes, 'idempotent');
      expect(planned(changes, 'idempotent', copy(once))).toEqual(once);
    }));
  });

  test('does not care how the histories of different rows are woven, as long as each keeps its order', () => {
    fc.assert(fc.property(dice, fc.infiniteStream(fc.nat(4)), (rolled, choices) => {
      const changes = lived(rolled, { moves: false, partial: true }).filter(({ op }) => op !== 'truncate');
      const perKey = new Map<string, TargetChange[]>();
      for (const change of sane(changes)) perKey.set(idOf(change), [...perKey.get(idOf(change)) ?? [], change]);
      const original = [...perKey.values()].flat();
      const woven: TargetChange[] = [];
      for (const queues = [...perKey.values()].map((queue) => [...queue]); queues.some((queue) => queue.length > 0);) {
        const queue = queues[(choices.next().value ?? 0) % queues.length];
        const next = queue?.shift();
        if (next !== undefined) woven.push(next);
      }
      expect(planned(woven, 'strict')).toEqual(planned(original, 'strict'));
    }));
  });
});

/** With truncates taken out a row may be inserted twice; the second one is then an update. */
function sane(changes: readonly TargetChange[]): TargetChange[] {
  const present = new Set<string>();
  return changes.flatMap((change): TargetChange[] => {
    const id = idOf(change);
    if (change.op === 'insert') {
      if (present.has(id)) return [{ ...OF, op: 'update', row: change.row, whole: true }];
      present.add(id);
    } else if (change.op === 'delete') present.delete(id);
    return [change];
  });
}

const idOf = (change: TargetChange): string => (change.op === 'truncate' ? '' : identity(KEY, change.op === 'delete' ? change.keyBefore : change.row));

/** Repeating history may make a row anew, and then the target's own column starts over: a price of replay in place. */
const withoutSlugs = (table: Table): Table => new Map([...table].sort().map(([id, row]) => [id, { ...row, slug: '' }]));

describe('the identity of a row', () => {
  test('keeps composite keys apart whatever their text', () => {
    fc.assert(fc.property(fc.tuple(fc.string(), fc.string()), fc.tuple(fc.string(), fc.string()), (a, b) => {
      const id = ([x, y]: readonly [string, string]): string => identity(['a', 'b'], { a: x, b: y });
      expect(id(a) === id(b)).toBe(a[0] === b[0] && a[1] === b[1]);
    }));
  });
});

describe('steps', () => {
  const insert = (id: string, title: string): TargetChange => ({ ...OF, op: 'insert', from: 'stream', row: { id, title } });

  test('of a row made and changed in one batch are one insert', () => {
    const steps = plan([insert('1', 'a'), { ...OF, op: 'update', row: { id: '1', title: 'b' }, whole: true }], 'strict');
    expect(steps).toEqual([{ kind: 'net', effects: [{ ...OF, deletes: [], updates: [], clears: [], upserts: [{ columns: ['id', 'title'], rows: [{ id: '1', title: 'b' }] }] }] }]);
  });

  test('of a row deleted and made again remove it first', () => {
    const steps = plan([{ ...OF, op: 'delete', keyBefore: { id: '1' } }, insert('1', 'new')], 'strict');
    expect(steps).toMatchObject([{ effects: [{ deletes: [{ id: '1' }], upserts: [{ rows: [{ id: '1', title: 'new' }] }] }] }]);
  });

  test('before a truncate of the same table are not done at all', () => {
    expect(plan([insert('1', 'a'), { ...OF, op: 'truncate' }], 'strict')).toEqual([{ kind: 'truncate', into: OF.into }]);
  });
});
