import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const modules = globSync('**/*.ts', { cwd: SRC })
  .filter((path) => !path.endsWith('.test.ts'))
  .sort();

/** What a module needs at run time: `import type` is gone by then. */
function valueImports(path: string): string[] {
  const text = readFileSync(join(SRC, path), 'utf8');
  return [...text.matchAll(/^import (?!type )[^;]*?from '(\.[^']+)'/gms)].map(([, target = '']) => join(dirname(path), target));
}

const graph = new Map(modules.map((path) => [path, valueImports(path)]));

function reachable(from: string): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(graph.get(from) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...(graph.get(next) ?? []));
  }
  return seen;
}

test('there are exactly the two import cycles that the README confesses to', () => {
  const cycles = modules
    .filter((path) => reachable(path).has(path))
    .map((path) => [...reachable(path)].filter((other) => reachable(other).has(path)).sort().join(' <-> '));
  expect([...new Set(cycles)]).toEqual([
    'customers/customers.service.ts <-> notifications/notifier.ts',
    'services/order.service.ts <-> services/payment.service.ts',
  ]);
});

test('nearly everybody imports the helpers', () => {
  const users = modules.filter((path) => graph.get(path)?.includes('lib/helpers.ts'));
  expect(users.length / modules.length).toBeGreaterThan(0.5);
});

test('everybody reads users', () => {
  const readers = modules.filter((path) => /\b(?:join|from|db)\b[( ]+['"]?users\b/i.test(readFileSync(join(SRC, path), 'utf8')));
  const folders = new Set(readers.map((path) => dirname(path)));
  expect([...folders].sort()).toEqual(expect.arrayContaining(['customers', 'jobs', 'middleware', 'reporting', 'repositories', 'reviews']));
});
