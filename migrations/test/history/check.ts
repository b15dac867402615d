import type { Change, History } from './history.ts';

/** What is wrong, each with where; empty lists mean: every committed source transaction was applied exactly once, whole, in the order of its rows, and nothing else was. */
export interface Verdict {
  readonly committed: number;
  readonly applied: number;
  /** Committed at the source, not in the target's history. */
  readonly lost: readonly string[];
  /** In the target's history more than once. */
  readonly doubled: readonly string[];
  /** In the target's history, never committed at the source. */
  readonly invented: readonly string[];
  /** Applied before one that changed the same row earlier. */
  readonly disordered: readonly string[];
  /** A target transaction after which a row is not what the source transactions applied so far made of it: one was split, or a row was changed by somebody else. */
  readonly torn: readonly string[];
  /** Rows at the end that are not the ones the histories end with, or that differ between the two sides. */
  readonly unequal: readonly string[];
}

export const FAULTS = ['lost', 'doubled', 'invented', 'disordered', 'torn', 'unequal'] as const;
export const isSound = (verdict: Verdict): boolean => FAULTS.every((fault) => verdict[fault].length === 0);

/** Pure; knows nothing of logs, slots or checkpoints. A row is `table key`; a source transaction is named by its ledger row. */
export function check(source: History, target: History): Verdict {
  const transactions = sourceTransactions(source);
  const [where, doubled, invented] = applications(transactions, target);
  const lost = [...transactions.keys()].filter((name) => !where.has(name));
  return {
    committed: transactions.size, applied: where.size, lost, doubled, invented,
    disordered: disordered(source, where),
    torn: torn(transactions, where, target),
    unequal: unequal(source, target),
  };
}

const rowOf = ({ table, key }: Pick<Change, 'table' | 'key'>): string => `${table} ${key}`;
const isLedger = ({ table }: Change): boolean => table === 'ledger';

/** By name: the changes of each committed source transaction, in order. @throws when the load itself is at fault */
function sourceTransactions({ changes }: History): Map<string, readonly Change[]> {
  const byTx = groupBy(changes, ({ tx }) => tx);
  const named = new Map<string, readonly Change[]>();
  for (const [tx, own] of byTx) {
    const [name, second] = own.filter(isLedger);
    if (name === undefined || second !== undefined) throw new Error(`source transaction ${tx} has ${name === undefined ? 'no' : 'more than one'} ledger row: this history cannot be checked`);
    named.set(name.key, own);
  }
  return named;
}

/** Where each source transaction was applied: the number of the target transaction, in the order of their first changes. */
function applications(known: ReadonlyMap<string, unknown>, { changes }: History): [Map<string, number>, string[], string[]] {
  const order = new Map<string, number>();
  const where = new Map<string, number>();
  const [doubled, invented]: string[][] = [[], []];
  for (const change of changes) {
    const at = order.get(change.tx) ?? order.size;
    order.set(change.tx, at);
    if (!isLedger(change)) continue;
    if (!known.has(change.key)) invented?.push(change.key);
    else if (where.has(change.key)) doubled?.push(change.key);
    else where.set(change.key, at);
  }
  return [where, doubled ?? [], invented ?? []];
}

/** Along the changes of one row the target transactions may only go forward. */
function disordered({ changes }: History, where: ReadonlyMap<string, number>): string[] {
  const nameOf = new Map(changes.filter(isLedger).map(({ tx, key }) => [tx, key]));
  const last = new Map<string, { at: number; name: string }>();
  const found: string[] = [];
  const look = (row: string, name: string, at: number): void => {
    const before = last.get(row);
    if (before !== undefined && before.at > at) found.push(`${row}: ${name} before ${before.name}`);
    else last.set(row, { at, name });
  };
  for (const change of changes) {
    const name = nameOf.get(change.tx) ?? '';
    const at = where.get(name);
    if (at !== undefined) look(rowOf(change), name, at);
  }
  return found;
}

/** Plays both histories side by side, one target transaction at a time, and compares the rows either of them touched. */
function torn(transactions: ReadonlyMap<string, readonly Change[]>, where: ReadonlyMap<string, number>, { changes }: History): string[] {
  const due = new Map<number, Change[]>();
  for (const [name, at] of where) due.set(at, [...due.get(at) ?? [], ...transactions.get(name) ?? []]);
  const [wanted, got] = [new Map<string, string>(), new Map<string, string>()];
  return [...groupBy(changes, ({ tx }) => tx)].flatMap(([tx, step], at) => {
    const expected = (due.get(at) ?? []).sort((a, b) => a.id - b.id);
    for (const change of expected) play(wanted, change);
    for (const change of step) play(got, change);
    const rows = [...new Set([...expected, ...step].map(rowOf))];
    return rows.filter((row) => wanted.get(row) !== got.get(row)).map((row) => `${row} after target transaction ${tx}`);
  });
}

function play(state: Map<string, string>, change: Change): void {
  if (change.row === null) state.delete(rowOf(change));
  else state.set(rowOf(change), change.row);
}

/** History against rows on each side, then side against side. */
function unequal(source: History, target: History): string[] {
  const found: string[] = [];
  const compare = (said: string, a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): void => {
    for (const row of new Set([...a.keys(), ...b.keys()])) if (a.get(row) !== b.get(row)) found.push(`${row}: ${said}`);
  };
  compare("the source's rows are not its history's", endOf(source), source.rows);
  compare("the target's rows are not its history's", endOf(target), target.rows);
  compare('the sides differ', source.rows, target.rows);
  return found;
}

function endOf({ changes }: History): Map<string, string> {
  const state = new Map<string, string>();
  for (const change of changes) play(state, change);
  return state;
}

function groupBy<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group === undefined) groups.set(by(item), [item]);
    else group.push(item);
  }
  return groups;
}
