/** What is left of two multisets once equal elements have left in pairs. Both in canonical order. */
export interface Leftover<T> {
  readonly left: readonly T[];
  readonly right: readonly T[];
}

/** Beyond this many unequal elements, or this much text to compare all with all, the best pairing is not searched for: they are compared in canonical order as they are. */
const MAX_MATCHED = 300;
const MAX_TEXT = 4_000_000;

/**
 * Pairs off the elements of two multisets. Identical ones go first; the rest by a largest matching (Kuhn's augmenting paths), because "equal
 * within a tolerance" is not transitive and a greedy choice could leave a pair that another choice would have settled.
 */
export function matchUnordered<T>(a: readonly T[], b: readonly T[], print: (value: T) => string, equal: (x: T, y: T) => boolean): Leftover<T> {
  const [left, right] = withoutIdentical(a, b, print);
  // Which largest matching is found depends on the side one starts from; starting from a fixed one keeps the result the same seen from either.
  if (left.map(print).join() > right.map(print).join()) {
    const turned = pairOff(right, left, print, (x, y) => equal(y, x));
    return { left: turned.right, right: turned.left };
  }
  return pairOff(left, right, print, equal);
}

function pairOff<T>(left: readonly T[], right: readonly T[], print: (value: T) => string, equal: (x: T, y: T) => boolean): Leftover<T> {
  if (left.length === 0 || right.length === 0 || isTooMuch(left, right, print)) return { left, right };
  const partner = largestMatching(left, right, equal);
  const taken = new Set(partner.values());
  return { left: left.filter((_, i) => !taken.has(i)), right: right.filter((_, j) => !partner.has(j)) };
}

/** Seen from either side the same, so that the outcome is, too. */
function isTooMuch<T>(left: readonly T[], right: readonly T[], print: (value: T) => string): boolean {
  if (Math.max(left.length, right.length) > MAX_MATCHED) return true;
  const text = (values: readonly T[]): number => values.reduce((sum, value) => sum + print(value).length, 0);
  return text(left) * right.length + text(right) * left.length > 2 * MAX_TEXT;
}

/** Whether two lists of one length hold the same values in another order. */
export function isPermutation<T>(a: readonly T[], b: readonly T[], print: (value: T) => string): boolean {
  const counts = new Map<string, number>();
  for (const value of b) {
    const text = print(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return a.every((value) => takeOne(counts, print(value)));
}

function withoutIdentical<T>(a: readonly T[], b: readonly T[], print: (value: T) => string): [T[], T[]] {
  const counts = new Map<string, number>();
  const right = sorted(b, print);
  for (const { text } of right) counts.set(text, (counts.get(text) ?? 0) + 1);
  const left = sorted(a, print).filter(({ text }) => !takeOne(counts, text));
  const unmatched = right.filter(({ text }) => takeOne(counts, text));
  return [left.map(({ value }) => value), unmatched.map(({ value }) => value)];
}

function takeOne(counts: Map<string, number>, text: string): boolean {
  const count = counts.get(text) ?? 0;
  if (count > 0) counts.set(text, count - 1);
  return count > 0;
}

function sorted<T>(values: readonly T[], print: (value: T) => string): { value: T; text: string }[] {
  return values.map((value) => ({ value, text: print(value) })).sort((x, y) => x.text < y.text ? -1 : x.text > y.text ? 1 : 0);
}

/** Right index → left index. */
function largestMatching<T>(left: readonly T[], right: readonly T[], equal: (x: T, y: T) => boolean): ReadonlyMap<number, number> {
  const edges = left.map((x) => right.flatMap((y, j) => equal(x, y) ? [j] : []));
  const partner = new Map<number, number>();
  const augment = (i: number, seen: Set<number>): boolean => (edges[i] ?? []).some((j) => {
    if (seen.has(j)) return false;
    seen.add(j);
    const other = partner.get(j);
    if (other !== undefined && !augment(other, seen)) return false;
    partner.set(j, i);
    return true;
  });
  for (let i = 0; i < left.length; i += 1) augment(i, new Set());
  return partner;
}
