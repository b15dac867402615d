import { readFileSync } from 'node:fs';
import type { Flow } from '../../src/measure/quality.ts';

/** A system of the papers, as `pack.ts` writes it. */
export interface PackedSystem {
  /** Caller, callee, number of calls in the recorded traces. */
  readonly calls: readonly (readonly [from: string, to: string, volume: number])[];
  /** The use cases in whose traces a class took part. */
  readonly contexts: Readonly<Record<string, readonly string[]>>;
  readonly partitions: readonly { readonly method: string; readonly files: readonly string[]; readonly communities: readonly (readonly string[])[] }[];
}

export interface Partition {
  readonly method: string;
  readonly files: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
}

export interface PaperSystem {
  readonly name: string;
  readonly flows: readonly Flow[];
  readonly contexts: ReadonlyMap<string, readonly string[]>;
  readonly partitions: readonly Partition[];
}

/** Not a class: where a trace begins. The published figures leave it out. */
const ROOT = 'Root';

/** The four systems of Mono2Micro's replication package (see README.md), without the traces' root. */
export const paperSystems = (): PaperSystem[] => ['acmeair', 'daytrader', 'jpetstore', 'plants'].map((name) => {
  const packed = JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as PackedSystem;
  return {
    name,
    flows: packed.calls.filter(([from, to]) => from !== ROOT && to !== ROOT).map(([from, to, weight]) => ({ from, to, weight })),
    contexts: new Map(Object.entries(packed.contexts)),
    partitions: packed.partitions.map(({ method, files, communities }) => ({
      method, files, labels: new Map(communities.flatMap((members, label) => members.filter((member) => member !== ROOT).map((member) => [member, String(label)] as const))),
    })),
  };
});
