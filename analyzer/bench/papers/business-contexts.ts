import type { Labels } from '../../src/measure/agreement.ts';

/**
 * Business context purity as Mono2Micro's published code computes it: mean over communities of ln(number of use cases that touch it), an unlisted class counting as
 * one use case `Unknown`. Lower is better. (The paper's text speaks of an entropy; the code takes each context once, which makes it the logarithm of their number.)
 */
export function businessContexts(labels: Labels, contexts: ReadonlyMap<string, readonly string[]>): number {
  const touching = new Map<string, Set<string>>();
  for (const [item, label] of labels) {
    const known = touching.get(label) ?? new Set();
    for (const context of contexts.get(item) ?? ['Unknown']) known.add(context);
    touching.set(label, known);
  }
  return touching.size === 0 ? 0 : [...touching.values()].reduce((total, { size }) => total + Math.log(size), 0) / touching.size;
}
