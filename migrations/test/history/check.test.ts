import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check, FAULTS, isSound, type Verdict } from './check.ts';
import type { Change, History } from './history.ts';

/** A line: transaction, row, what it becomes. */
type Line = readonly [tx: string, row: string, value: string | null];

function history(lines: readonly Line[]): History {
  const changes = lines.map(([tx, row, value], index): Change => {
    const [table = '', key = ''] = row.split(' ');
    return { id: index + 1, tx, table, key, row: value };
  });
  const rows = new Map<string, string>();
  for (const [, row, value] of lines) if (value === null) rows.delete(row); else rows.set(row, value);
  return { changes, rows };
}

const SOURCE: readonly Line[] = [
  ['s1', 'a 1', 'x'], ['s1', 'a 2', 'x'], ['s1', 'ledger 1/1', 'l'],
  ['s2', 'a 1', 'y'], ['s2', 'ledger 2/1', 'l'],
  ['s3', 'a 2', null], ['s3', 'a 3', 'x'], ['s3', 'ledger 1/2', 'l'],
];
/** s1 alone, then s2 and s3 in one target transaction, as a sink batches them. */
const TARGET: readonly Line[] = [
  ['t1', 'a 1', 'x'], ['t1', 'a 2', 'x'], ['t1', 'ledger 1/1', 'l'],
  ['t2', 'a 2', null], ['t2', 'a 1', 'y'], ['t2', 'a 3', 'x'], ['t2', 'ledger 2/1', 'l'], ['t2', 'ledger 1/2', 'l'],
];
const faultsOf = (verdict: Verdict): string[] => FAULTS.filter((fault) => verdict[fault].length > 0);
const judge = (target: readonly Line[], source = SOURCE): string[] => faultsOf(check(history(source), history(target)));

describe('a history', () => {
  test('that applies each source transaction once, whole and in order is sound', () => {
    expect(check(history(SOURCE), history(TARGET))).toMatchObject({ committed: 3, applied: 3 });
    expect(judge(TARGET)).toEqual([]);
  });

  test('may leave out what a later transaction of the same batch undoes', () => {
    const source: Line[] = [['s1', 'a 1', 'x'], ['s1', 'ledger 1/1', 'l'], ['s2', 'a 1', null], ['s2', 'ledger 1/2', 'l']];
    expect(judge([['t1', 'ledger 1/1', 'l'], ['t1', 'ledger 1/2', 'l']], source)).toEqual([]);
  });

  test('without a transaction has lost it', () => {
    expect(judge(TARGET.filter(([tx]) => tx === 't1'))).toEqual(['lost', 'unequal']);
  });

  test('with a transaction twice has doubled it', () => {
    expect(judge([...TARGET, ['t3', 'a 1', 'x'], ['t3', 'a 2', 'x'], ['t3', 'ledger 1/1', 'l']])).toEqual(['doubled', 'torn', 'unequal']);
  });

  test('with a transaction twice in one batch has doubled it, even where the rows end right', () => {
    expect(judge([...TARGET, ['t2', 'ledger 1/2', 'l']])).toEqual(['doubled']);
  });

  test('with two changes of one row the wrong way round is out of order', () => {
    const reordered: Line[] = [['t1', 'a 1', 'y'], ['t1', 'ledger 2/1', 'l'], ['t2', 'a 1', 'x'], ['t2', 'a 2', 'x'], ['t2', 'ledger 1/1', 'l'], ['t3', 'a 2', null], ['t3', 'a 3', 'x'], ['t3', 'ledger 1/2', 'l']];
    expect(judge(reordered)).toEqual(['disordered', 'unequal']);
  });

  test('with half of a transaction in another target transaction is torn, even where the rows end right', () => {
    const split: Line[] = [...TARGET.filter(([, row]) => row !== 'a 3'), ['t3', 'a 3', 'x']];
    expect(judge(split)).toEqual(['torn']);
  });

  test('with a row that nobody at the source wrote is torn and unequal', () => {
    expect(judge([...TARGET, ['t2', 'a 9', 'x']])).toEqual(['torn', 'unequal']);
  });

  test('with a transaction that was rolled back at the source has invented it', () => {
    expect(judge([...TARGET, ['t2', 'ledger 7/1', 'l']])).toEqual(['invented', 'torn', 'unequal']);
  });

  test('whose rows were changed behind the triggers is unequal', () => {
    const target = history(TARGET);
    expect(faultsOf(check(history(SOURCE), { ...target, rows: new Map([...target.rows, ['a 1', 'z']]) }))).toEqual(['unequal']);
  });
});

/** Histories of random transactions, applied in random batches; then damaged in one place. */
const transactions = fc.array(fc.array(fc.record({ row: fc.integer({ min: 1, max: 4 }), value: fc.option(fc.integer({ min: 0, max: 99 })) }), { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 8 });
function lines(each: readonly (readonly { row: number; value: number | null }[])[], side: string, batchOf: (index: number) => number): Line[] {
  return each.flatMap((changes, index) => {
    const tx = `${side}${String(batchOf(index))}`;
    return [...changes.map(({ row, value }, at): Line => [tx, `a ${String(row)}`, value === null ? null : `${String(value)}.${String(index)}.${String(at)}`]), [tx, `ledger 1/${String(index)}`, 'l'] as Line];
  });
}

test('any batching of whole transactions in their order is sound; any one of them dropped, doubled or split off is found', () => {
  fc.assert(fc.property(transactions, fc.integer({ min: 1, max: 4 }), fc.nat(), (each, size, pick) => {
    const source = history(lines(each, 's', (index) => index));
    const target = lines(each, 't', (index) => Math.floor(index / size));
    expect(isSound(check(source, history(target)))).toBe(true);
    const victim = pick % each.length;
    const [own, others] = [target.filter((_, at) => owner(each, at) === victim), target.filter((_, at) => owner(each, at) !== victim)];
    expect(check(source, history(others)).lost).toEqual([`1/${String(victim)}`]);
    expect(check(source, history([...target, ...own.map(([, row, value]): Line => ['t999', row, value])])).doubled).toEqual([`1/${String(victim)}`]);
    const [first, ...rest] = own;
    if (first === undefined || first[1].startsWith('ledger') || rest.some(([, row]) => row === first[1]) || first[2] === null) return;
    const late = [...target.filter((line) => line !== first), ['t999', first[1], first[2]] as Line];
    expect(check(source, history(late)).torn).not.toEqual([]);
  }));
});

/** Which transaction the line at `at` belongs to. */
function owner(each: readonly (readonly unknown[])[], at: number): number {
  let from = 0;
  return each.findIndex((changes) => { from += changes.length + 1; return at < from; });
}
