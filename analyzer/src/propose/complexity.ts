import type { EndpointTrace, TraceStep } from '../measure/traces.ts';
import type { Territory } from './territory.ts';

/** A stretch of one endpoint that one context does by itself. */
interface LocalTransaction {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

/**
 * What making each endpoint a saga would cost: the complexity of Santos & Rito Silva ("A complexity metric for microservices architecture migration", ICSA 2020).
 * Over a functionality's local transactions it adds up how many *other distributed* functionalities touch a table of that transaction in the opposite mode: those that may see
 * what a compensation undoes, and those whose compensation may undo what was seen. 0 for an endpoint that one context serves. In the order of the traces.
 */
export function complexities(traces: readonly EndpointTrace[], where: Territory): number[] {
  const locals = traces.map(({ steps }) => localTransactions(steps, where));
  const distributed = locals.map((all) => all.length > 1);
  const readers = new Map<string, Uint32Array>();
  const writers = new Map<string, Uint32Array>();
  const words = Math.ceil(traces.length / 32);
  locals.forEach((all, i) => {
    if (distributed[i] !== true) return;
    for (const { reads, writes } of all) {
      for (const table of reads) mark(readers, table, i, words);
      for (const table of writes) mark(writers, table, i, words);
    }
  });
  return locals.map((all, i) => (distributed[i] === true ? all.reduce((total, local) => total + others(local, i, { readers, writers, words }), 0) : 0));
}

/** Neighbouring accesses of one owner; of each table the first of either mode, a read after a write told apart by nobody. Tables without an owner belong to the stretch around them. */
export function localTransactions(steps: readonly TraceStep[], where: Territory): LocalTransaction[] {
  const found: { owner: string; reads: Set<string>; writes: Set<string> }[] = [];
  for (const { table, mode } of steps) {
    const owner = where.ofTable(table);
    if (owner === undefined) continue;
    let last = found.at(-1);
    if (last?.owner !== owner) found.push(last = { owner, reads: new Set(), writes: new Set() });
    if (mode === 'write') last.writes.add(table);
    else if (!last.writes.has(table)) last.reads.add(table);
  }
  return found;
}

interface Index {
  readonly readers: ReadonlyMap<string, Uint32Array>;
  readonly writers: ReadonlyMap<string, Uint32Array>;
  readonly words: number;
}

/** Distributed functionalities, this one left out, in the opposite mode on any table of the local transaction; each counts once. */
function others({ reads, writes }: LocalTransaction, self: number, { readers, writers, words }: Index): number {
  const union = new Uint32Array(words);
  const join = (set: Uint32Array | undefined): void => { set?.forEach((bits, word) => { union[word] = (union[word] ?? 0) | bits; }); };
  for (const table of reads) join(writers.get(table));
  for (const table of writes) join(readers.get(table));
  union[self >>> 5] = (union[self >>> 5] ?? 0) & ~(1 << (self & 31));
  return union.reduce((total, bits) => total + ones(bits), 0);
}

function mark(sets: Map<string, Uint32Array>, table: string, i: number, words: number): void {
  const set = sets.get(table) ?? new Uint32Array(words);
  set[i >>> 5] = (set[i >>> 5] ?? 0) | (1 << (i & 31));
  sets.set(table, set);
}

/** Set bits of a word (Warren, Hacker's Delight, 5-1). */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x5555_5555);
  n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
