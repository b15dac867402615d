export type Inputs = readonly (string | NodeJS.ArrayBufferView)[];

/** Results of pure work that a run may take from an earlier one. The port; `keep/` has the files behind it. */
export interface Kept {
  /** What `make` gave for the same `inputs`, in this run or an earlier one; `make()` otherwise. `undefined` is not kept. Must be plain data: it is copied. */
  readonly recall: <T>(stage: Stage, inputs: Inputs, make: () => T) => T;
  /** What is kept for these inputs, if anything is. */
  readonly find: (stage: Stage, inputs: Inputs) => unknown;
  /** Keeps plain data. */
  readonly keep: (stage: Stage, inputs: Inputs, value: unknown) => void;
  /** Keeps what `v8.serialize` has written already. */
  readonly keepBytes: (stage: Stage, inputs: Inputs, bytes: Uint8Array) => void;
}

/** Work that is kept: the facts of a file, the readings of a graph; what a whole run asked of the disk, and what it answered. */
export type Stage = 'facts' | 'readings' | 'questions' | 'answer';

export const NOTHING_KEPT: Kept = { recall: (_stage, _inputs, make) => make(), find: () => undefined, keep: () => undefined, keepBytes: () => undefined };
