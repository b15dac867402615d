import type { Evidence } from '../model/evidence.ts';
import type { Layer, Link } from '../cluster/link.ts';

/** Why two items belong together, as reports print it. */
export interface Reason {
  readonly layer: Layer;
  readonly a: string;
  readonly b: string;
  readonly says: string;
  readonly weight: number;
  readonly evidence?: Evidence;
}

/** A link as reports print it: table items by their plain name, weights to two places. */
export const reasonOf = ({ layer, a, b, says, weight, evidence }: Link): Reason => ({ layer, a: plain(a), b: plain(b), says, weight: Math.round(weight * 100) / 100, ...(evidence === undefined ? {} : { evidence }) });

export const isTable = (item: string): boolean => item.startsWith('table:');
export const plain = (item: string): string => (isTable(item) ? item.slice('table:'.length) : item);
