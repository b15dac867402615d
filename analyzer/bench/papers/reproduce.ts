import { readFileSync } from 'node:fs';
import type { Labels } from '../../src/measure/agreement.ts';
import { quality, type Flow } from '../../src/measure/quality.ts';
import { businessContexts } from './business-contexts.ts';
import type { PaperSystem, Partition } from './systems.ts';

/** One line of the replication package's spreadsheet. */
export type PublishedRow = readonly [system: string, method: string, k: number, bcs: number, icp: number, sm: number, ifn: number, ned: number];

const published = JSON.parse(readFileSync(new URL('./published.json', import.meta.url), 'utf8')) as PublishedRow[];

export interface Reproduction {
  readonly system: string;
  readonly method: string;
  /** Published figures (five metrics per number of communities) whose partition was released. */
  readonly figures: number;
  /** Those that our code gives as printed, to the third decimal. */
  readonly same: number;
}

/** Computes every published figure anew from the released partition of the same name: what differs was computed from another partition than the released one. */
export function reproductions(system: PaperSystem): Reproduction[] {
  return [...new Set(system.partitions.map(({ method }) => method))].map((method) => {
    const rows = published.filter(([name, by]) => name === system.name && by === method);
    const checks = rows.flatMap(([, , k, ...figures]) => {
      const partition = system.partitions.find((one) => one.method === method && one.files.some((file) => isOf(file, k)));
      return partition === undefined ? [] : figuresOf(partition, system).map((value, i) => Math.abs(value - (figures[i] ?? NaN)) < 0.001);
    });
    return { system: system.name, method, figures: checks.length, same: checks.filter(Boolean).length };
  });
}

/** FoSCI was run five times; the published script reads the last. */
const isOf = (file: string, k: number): boolean => (file.includes('_repeat_') ? file.includes(`_candidate_${String(k)}_repeat_4`) : file.endsWith(`_${String(k)}.json`));

function figuresOf({ labels }: Partition, { contexts, flows }: PaperSystem): number[] {
  const { icp, ifn, ned } = quality(labels, flows);
  return [businessContexts(labels, contexts), icp, smOfCode(labels, flows), ifn, ned].map((value) => Math.round(value * 1000) / 1000);
}

/**
 * Structural modularity to the letter of the published code: calls of a class to itself count as cohesion, except for the class that comes last in its community.
 * Only for this check: a figure that depends on the order of a file is no measure, so `quality` leaves calls to oneself out.
 */
export function smOfCode(labels: Labels, flows: readonly Flow[]): number {
  const members = new Map<string, string[]>();
  for (const [item, label] of labels) members.set(label, [...members.get(label) ?? [], item]);
  const selfCalling = new Set(flows.filter(({ from, to }) => from === to).map(({ from }) => from));
  const self = [...members.values()].map((items) => items.slice(0, -1).filter((item) => selfCalling.has(item)).length / items.length ** 2);
  return quality(labels, flows).smAsPublished + self.reduce((total, part) => total + part, 0) / Math.max(members.size, 1);
}
