/** What the fence must know of a route. */
export interface Writer {
  readonly id: string;
  readonly write: boolean;
  /** Tables it writes. */
  readonly writes: readonly string[];
}

/** The routes that write one of the tables, and those that share another table with these, and so on: they can only move together. In the given order. */
export function writeSet(writers: readonly Writer[], tables: readonly string[]): string[] {
  const reached = new Set(tables);
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const { writes } of writers) if (writes.some((table) => reached.has(table))) for (const table of writes) reached.add(table);
  }
  return writers.filter(({ write, writes }) => write && writes.some((table) => reached.has(table))).map(({ id }) => id);
}
