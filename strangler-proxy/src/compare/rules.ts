import type { CompareConfig } from '@strangler/kernel';

/** A compiled `ResponsePath`; `*` stands for any one array index or key. */
type Pattern = readonly string[];

/** What the config says about paths, compiled. A path is `['status']`, `['header', name]` or `['body', …pointer segments]`. */
export interface Rules {
  /** The path, or one it lies under, is not compared. */
  ignores(path: readonly string[]): boolean;
  /** The array there is compared as a multiset. */
  unordered(path: readonly string[]): boolean;
  /** Largest difference of two numbers there that still counts as equal; 0 when nothing is said. */
  tolerance(path: readonly string[]): number;
}

export function compileRules(config: Pick<CompareConfig, 'ignore' | 'unordered' | 'tolerance'>): Rules {
  const ignored = (config.ignore ?? []).map(parsePath);
  const unordered = (config.unordered ?? []).map(parsePath);
  const tolerances = Object.entries(config.tolerance ?? {}).map(([path, value]) => ({ pattern: parsePath(path), value: value ?? 0 }));
  return {
    ignores: (path) => ignored.some((pattern) => pattern.length <= path.length && fits(pattern, path)),
    unordered: (path) => unordered.some((pattern) => pattern.length === path.length && fits(pattern, path)),
    tolerance: (path) => Math.max(0, ...tolerances.filter(({ pattern }) => pattern.length === path.length && fits(pattern, path)).map(({ value }) => value)),
  };
}

/** `body:/items/0/a~1b` → `['body', 'items', '0', 'a/b']` (JSON Pointer, RFC 6901; `body:/` is the whole body). */
export function parsePath(text: string): string[] {
  if (text === 'status') return ['status'];
  if (text.startsWith('header:')) return ['header', text.slice('header:'.length).toLowerCase()];
  const pointer = text.slice('body:/'.length);
  return pointer === '' ? ['body'] : ['body', ...pointer.split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

export function printPath(path: readonly string[]): string {
  const [kind = 'body', ...rest] = path;
  if (kind === 'status') return 'status';
  if (kind === 'header') return `header:${rest.join('/')}`;
  return `body:/${rest.map((segment) => segment.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
}

const fits = (pattern: Pattern, path: readonly string[]): boolean => pattern.every((segment, index) => segment === '*' || segment === path[index]);
