import type { CompareConfig } from '@strangler/kernel';

/** A compiled `ResponsePath`; `*` stands for any one array index or key. */
type Pattern = readonly string[];

/** A path is `['status']`, `['header', name]` or `['body', …pointer segments]`; put together only where some rule wants to see it. */
export interface Located { readonly path: readonly string[] }

/** What the config says about paths, compiled. */
export interface Rules {
  /** The path, or one it lies under, is not compared. */
  ignores(at: Located): boolean;
  /** The array there is compared as a multiset. */
  unordered(at: Located): boolean;
  /** Largest difference of two numbers there that still counts as equal; 0 when nothing is said. */
  tolerance(at: Located): number;
}

export function compileRules(config: Pick<CompareConfig, 'ignore' | 'unordered' | 'tolerance'>): Rules {
  const ignored = (config.ignore ?? []).map(parsePath);
  const unordered = (config.unordered ?? []).map(parsePath);
  const tolerances = Object.entries(config.tolerance ?? {}).map(([path, value]) => ({ pattern: parsePath(path), value: value ?? 0 }));
  return {
    ignores: (at) => ignored.some((pattern) => pattern.length <= at.path.length && fits(pattern, at.path)),
    unordered: (at) => unordered.some((pattern) => pattern.length === at.path.length && fits(pattern, at.path)),
    tolerance: (at) => tolerances.reduce((widest, { pattern, value }) => pattern.length === at.path.length && fits(pattern, at.path) ? Math.max(widest, value) : widest, 0),
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
