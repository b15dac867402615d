import { compareText, type ModulePath } from '../model/evidence.ts';
import type { RivalContext, RivalDifference } from './analysis.ts';

/** A context of the proposal counts as gone into one of the rival's when most of it lies there. */
const MOST = 0.5;
/** A part of a context that is worth its own line. */
const PART = 0.2;
const PART_MODULES = 2;

/** Where a rival differs from the proposal: contexts of the proposal that it merges, those it splits, and stray modules it puts elsewhere. Sorted by how many modules are concerned. */
export function differences(proposal: readonly RivalContext[], rival: readonly RivalContext[]): RivalDifference[] {
  const home = new Map(rival.flatMap(({ name, modules }) => modules.map((module) => [module, name] as const)));
  const parts = proposal.map((context) => ({ context, into: partsOf(context, home) }));
  const merged = new Map<string, RivalContext[]>();
  for (const { context, into: [first] } of parts) if (first !== undefined && first[1] >= context.modules.length * MOST) merged.set(first[0], [...merged.get(first[0]) ?? [], context]);
  const merges = [...merged].filter(([, of]) => of.length > 1).map(([into, of]): RivalDifference => ({
    kind: 'merges', of: of.map(({ name }) => name), into: [into], modules: count(of), says: `merges ${and(of.map(({ name }) => name))} into ${into}`,
  }));
  const splits = parts.flatMap(({ context, into }): RivalDifference[] => {
    const real = into.filter(([, n]) => isPart(n, context));
    return real.length < 2 ? [] : [{ kind: 'splits', of: [context.name], into: real.map(([name]) => name), modules: context.modules.length, says: `splits ${context.name} into ${and(real.map(([name, n]) => `${name} (${String(n)})`))}` }];
  });
  const moves = parts.flatMap(({ context, into: [, ...rest] }) => rest.filter(([, n]) => !isPart(n, context)).map(([name, n]): RivalDifference => ({
    kind: 'moves', of: [context.name], into: [name], modules: n, says: `puts ${String(n)} module${n === 1 ? '' : 's'} of ${context.name} with ${name}`,
  })));
  return [...merges, ...splits, ...moves].sort((a, b) => b.modules - a.modules || compareText(a.says, b.says));
}

/** How many modules of a context lie in which of the rival's, most first. */
function partsOf({ modules }: RivalContext, home: ReadonlyMap<ModulePath, string>): [name: string, modules: number][] {
  const counts = new Map<string, number>();
  for (const module of modules) {
    const name = home.get(module);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || compareText(a, b));
}

const isPart = (n: number, { modules }: RivalContext): boolean => n >= PART_MODULES && n >= modules.length * PART;
const count = (contexts: readonly RivalContext[]): number => contexts.reduce((total, { modules }) => total + modules.length, 0);
const and = (names: readonly string[]): string => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`);

/** Names of the proposal for the contexts of a rival that are mostly the same: more than half of either lies in the other. By the rival's numbers. */
export function keptNames(proposal: readonly RivalContext[], rival: readonly { readonly modules: readonly ModulePath[] }[]): Map<number, string> {
  const home = new Map(proposal.flatMap(({ modules }, i) => modules.map((module) => [module, i] as const)));
  const kept = new Map<number, string>();
  rival.forEach(({ modules }, i) => {
    const counts = new Map<number, number>();
    for (const module of modules) {
      const at = home.get(module);
      if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    for (const [at, n] of counts) {
      const same = proposal[at];
      if (same !== undefined && n * 2 > modules.length && n * 2 > same.modules.length) kept.set(i, same.name);
    }
  });
  return kept;
}
