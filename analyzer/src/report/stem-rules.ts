import { compareText, type ModulePath } from '../model/evidence.ts';
import type { OwnerRule } from './owner-rules.ts';

/** So many single files are worth a pattern of their own. */
const WORTH = 3;

/**
 * In a layered system a context is not a folder but a word: `controllers/album.controller.ts`, `services/album.service.ts`. Where all modules that begin
 * with one word have one owner, a pattern for the word (`album.*`, in any folder) stands for the single files among the rules. Patterns come last, so they win.
 */
export function withStems(rules: readonly OwnerRule[], owners: ReadonlyMap<ModulePath, string | undefined>, base: string): OwnerRule[] {
  const ownersOf = new Map<string, Set<string | undefined>>();
  for (const [module, owner] of owners) ownersOf.set(stem(module), (ownersOf.get(stem(module)) ?? new Set()).add(owner));
  const counts = new Map<string, number>();
  const candidate = ({ path, owner }: OwnerRule): string | undefined => (path.endsWith('/') || owner === undefined || ownersOf.get(stem(path))?.size !== 1 ? undefined : stem(path));
  for (const rule of rules) {
    const word = candidate(rule);
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = new Map(rules.flatMap((rule) => {
    const word = candidate(rule);
    return word !== undefined && (counts.get(word) ?? 0) >= WORTH ? [[word, rule.owner] as const] : [];
  }));
  return [
    ...rules.filter((rule) => !words.has(candidate(rule) ?? '')),
    ...[...words].sort(([a], [b]) => compareText(a, b)).map(([word, owner]) => ({ path: base, anywhere: word, owner })),
  ];
}

/** `src/services/album.service.ts` → `album`. */
const stem = (path: ModulePath): string => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.includes('.') ? name.slice(0, name.indexOf('.')) : name;
};
