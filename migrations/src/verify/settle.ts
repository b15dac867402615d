import type { Clock } from '@strangler/kernel';
import type { KeyRange } from './checksum.ts';
import { describe, differingKeys, equal, rowPairs, type RowPair, type Sides } from './row-diff.ts';
import { MAX_DIFFERENCES, type TableVerdict } from './verdict.ts';

export type Settled = Pick<TableVerdict, 'differing' | 'checked' | 'why'>;

/** Rows followed while they settle. Beyond it the table differs as a whole, and the first ones tell the story. */
const FOLLOWED = 10 * MAX_DIFFERENCES;
const LOOKS = 8;

/**
 * Looks again at ranges that differed: a row that arrives in the meantime was only late. A row that still differs at the end differs for certain when neither
 * side changed it since the first look; when one did, replication was still busy with it and nothing is known.
 */
export async function settle(sides: Sides, ranges: readonly KeyRange[], settleMs: number, clock: Clock): Promise<Settled> {
  const keys = await everyKey(sides, ranges);
  const truncated = keys.length >= FOLLOWED;
  let open = (await rowPairs(sides, keys)).filter((pair) => !equal(pair));
  const first = new Map(open.map((pair) => [JSON.stringify(pair.key), print(pair)]));
  for (let look = 0; look < LOOKS && open.length > 0 && settleMs > 0; look += 1) {
    await clock.sleep(settleMs / LOOKS);
    open = (await rowPairs(sides, open.map(({ key }) => key))).filter((pair) => !equal(pair));
  }
  return conclude(sides, open, (pair) => first.get(JSON.stringify(pair.key)) === print(pair), truncated);
}

async function everyKey(sides: Sides, ranges: readonly KeyRange[]): Promise<RowPair['key'][]> {
  const keys: RowPair['key'][] = [];
  for (const range of ranges) {
    if (keys.length >= FOLLOWED) break;
    keys.push(...await differingKeys(sides, range, FOLLOWED - keys.length));
  }
  return keys;
}

function conclude({ comparison }: Sides, open: readonly RowPair[], stable: (pair: RowPair) => boolean, truncated: boolean): Settled {
  const certain = open.filter(stable);
  if (certain.length > 0) {
    const more = certain.length - MAX_DIFFERENCES;
    const count = `${truncated ? 'at least ' : ''}${String(certain.length)} rows differ; the first ${String(MAX_DIFFERENCES)} are listed.`;
    return { differing: certain.slice(0, MAX_DIFFERENCES).map((pair) => describe(comparison, pair)), checked: true, ...(more > 0 || truncated ? { why: count } : {}) };
  }
  if (open.length > 0) {
    return { differing: open.slice(0, MAX_DIFFERENCES).map((pair) => describe(comparison, pair)), checked: false,
      why: `${String(open.length)} rows differed at every look, but kept changing: replication is still busy with them. Verify again with more time to settle, or at a fence.` };
  }
  return truncated
    ? { differing: [], checked: false, why: `At least ${String(FOLLOWED)} rows were late; they arrived, but the rest was not looked at again. Verify again once replication has caught up.` }
    : { differing: [], checked: true };
}

const print = ({ source, target }: RowPair): string => JSON.stringify([source, target]);
