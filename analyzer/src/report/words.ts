import type { Cut, CutKind, Volume } from '../propose/analysis.ts';

const NOUN: Readonly<Record<CutKind, string>> = { call: 'call', import: 'import', type: 'type', read: 'read', write: 'write', join: 'join', foreignKey: 'foreign key', transaction: 'transaction' };
const ORDER = Object.keys(NOUN) as CutKind[];

/** `4 calls, 1 transaction`: what crosses between two contexts, in words. */
export function kindsOf(cuts: readonly Pick<Cut, 'kind'>[]): string {
  const counts = new Map<CutKind, number>();
  for (const { kind } of cuts) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return ORDER.flatMap((kind) => {
    const count = counts.get(kind);
    return count === undefined ? [] : [plural(count, NOUN[kind])];
  }).join(', ');
}

export const plural = (n: number, noun: string): string => `${String(n)} ${noun}${n === 1 ? '' : 's'}`;

/** `; 1200 requests a day`, where traces or logs said so. */
export const requests = (volume: Volume | undefined): string => (volume === undefined ? '' : volume.perDay === undefined ? `; ${plural(volume.requests, 'request')}` : `; ${String(volume.perDay)} requests a day`);
