import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';

/** Modules that need one another to load: no one of them can leave alone. Paths sorted. */
export type Cycle = readonly ModulePath[];

/**
 * Strongly connected components of more than one node (Tarjan 1972, made iterative: a chain of 50,000 imports must not end the stack).
 * @param successors must have an entry for every node.
 */
export function strongComponents(successors: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const found: string[][] = [];
  for (const root of successors.keys()) {
    if (order.has(root)) continue;
    const walk: { readonly node: string; next: number }[] = [{ node: root, next: 0 }];
    enter(root);
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const to = successors.get(top.node)?.[top.next];
      top.next += 1;
      if (to === undefined) {
        walk.pop();
        close(top.node, walk.at(-1)?.node);
      } else if (!order.has(to)) {
        enter(to);
        walk.push({ node: to, next: 0 });
      } else if (isOpen.has(to)) {
        lower(top.node, order.get(to) ?? 0);
      }
    }
  }
  return found.filter(({ length }) => length > 1).map((members) => members.sort(compareText)).sort((a, b) => compareText(a.join(), b.join()));

  function enter(node: string): void {
    low.set(node, order.size);
    order.set(node, order.size);
    open.push(node);
    isOpen.add(node);
  }
  function lower(node: string, to: number): void {
    low.set(node, Math.min(low.get(node) ?? to, to));
  }
  function close(node: string, parent: string | undefined): void {
    if (parent !== undefined) lower(parent, low.get(node) ?? 0);
    if (low.get(node) !== order.get(node)) return;
    const members = open.splice(open.lastIndexOf(node));
    for (const member of members) isOpen.delete(member);
    found.push(members);
  }
}

/** Import cycles that exist at run time: type-only and test edges make none, nor do lazy imports. */
export function importCycles(model: SystemModel): Cycle[] {
  const successors = new Map<string, string[]>(model.modules.map(({ path }) => [path, []]));
  for (const { from, to, kind, test } of model.imports) if (kind === 'value' && !test && successors.has(to)) successors.get(from)?.push(to);
  return strongComponents(successors);
}
