/** Adds up votes; most first, equals by number, so that no order of input decides. */
export function tally(votes: readonly (readonly [choice: number, weight: number])[]): [choice: number, weight: number][] {
  const sums = new Map<number, number>();
  for (const [choice, weight] of votes) sums.set(choice, (sums.get(choice) ?? 0) + weight);
  return [...sums].sort(([x, a], [y, b]) => b - a || x - y);
}
