import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '@strangler/kernel';
import type { SystemModel } from './model/graph.ts';
import { bookshop } from './model/sample-system.ts';
import { cluster } from './cluster/cluster.ts';
import { measure } from './measure/measure.ts';
import type { Analysis } from './propose/analysis.ts';
import { propose } from './propose/propose.ts';
import { documentJsonSchema, documentSchema } from './report/document-schema.ts';
import { formats } from './report/formats.ts';
import { unpack } from './report/page/unpack.js';

function analysisOf(model: SystemModel): Analysis {
  const measures = measure(model);
  return propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins: {} }), { without: [], seed: 1 });
}
const shop = analysisOf(bookshop());
const print = (format: string, analysis = shop): string => formats.get(format)?.text(analysis) ?? '';

describe('the JSON report', () => {
  const document = documentSchema.parse(JSON.parse(print('json')));

  test('names every module of the program exactly once, and the others apart', () => {
    const placed = [...document.contexts.flatMap(({ modules }) => modules), ...document.shared.modules];
    expect([...placed].sort()).toEqual(bookshop().modules.filter(({ kind }) => kind === 'source').map(({ path }) => path).sort());
    expect(document.other.map(({ kind }) => kind).sort()).toEqual(['migration', 'test']);
  });

  test('gives every table one owner', () => {
    const owned = document.contexts.flatMap(({ tables }) => tables);
    expect(new Set(owned).size).toBe(owned.length);
    expect(owned.sort()).toEqual(bookshop().tables.map(({ name }) => name).sort());
  });

  test('has the published schema (node analyzer/bench/print-schema.ts rewrites it)', () => {
    expect(JSON.parse(readFileSync(new URL('../schema/analysis.v1.schema.json', import.meta.url), 'utf8'))).toEqual(JSON.parse(JSON.stringify(documentJsonSchema())));
  });
});

describe('every format', () => {
  test.each([...formats.keys()])('%s is the same byte for byte when the analysis is made again', (format) => {
    expect(print(format, analysisOf(bookshop()))).toBe(print(format));
  });

  test.each([...formats.keys()])('%s survives a system in which nothing was found', (format) => {
    const { name } = bookshop();
    expect(print(format, analysisOf({ name, modules: [], imports: [], calls: [], endpoints: [], tables: [], accesses: [], transactions: [], foreignKeys: [], views: [], triggers: [], coChanges: [], history: [], unresolved: [], crossCheck: [] })).length).toBeGreaterThan(0);
  });

  test('the page asks the network for nothing and prints hostile names as text', () => {
    const model = bookshop();
    const hostile = analysisOf({ ...model, name: '<script>alert(1)</script>', unresolved: [{ kind: 'query', what: '</script><img src=x onerror=alert(1)>', why: '`|"', evidence: { file: 'a.ts', line: 1 } }] });
    const text = print('html', hostile);
    expect(text).not.toContain('<img');
    expect(text.match(/<script>/g)).toHaveLength(1);
    expect(text).not.toMatch(/(?:src|href)="(?!#)/);
  });

  test('the page carries the whole JSON report', () => {
    const report = JSON.parse(print('json')) as Record<string, unknown>;
    const page = carried(print('html'));
    expect(Object.fromEntries(Object.keys(report).map((key) => [key, page[key]]))).toEqual(report);
  });

  test('the page lets nothing run but its own script, and no text become markup', () => {
    const policy = (/Content-Security-Policy" content="([^"]+)"/.exec(print('html'))?.[1] ?? '').replaceAll('&#39;', "'");
    const [, script = ''] = /<script>([^]*?)<\/script>/.exec(print('html')) ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(() => new Script(script)).not.toThrow();
  });

  test('a pipe in the source does not break a Markdown table', () => {
    const model = bookshop();
    const text = print('md', analysisOf({ ...model, unresolved: [{ kind: 'query', what: 'a | b', why: 'dynamic', evidence: { file: 'a.ts', line: 3 } }] }));
    expect(text).toContain(String.raw`| query | ${'`'}a \| b${'`'} | dynamic | ${'`'}a.ts:3${'`'} |`);
  });
});

describe('the drafted config', () => {
  const config = parseConfig(evaluate(shop.draft));

  test('loads as it is and moves nothing', () => {
    expect(Object.values(config.routes).every(({ stage }) => stage === 'monolith')).toBe(true);
    expect(Object.values(config.routes).map(({ match }) => match).sort()).toEqual(bookshop().endpoints.filter(({ path }) => path !== '/health').map(({ method, path }) => `${method} ${path}`).sort());
  });

  test('names in each write set only tables that the target owns', () => {
    for (const { to, writes = [] } of Object.values(config.routes)) for (const table of writes) expect(config.services[to]?.owns.tables).toContain(table);
  });
});

/** What the page would draw from. */
const carried = (text: string): Record<string, unknown> => unpack(JSON.parse(/<script type="application\/json" id="data">([^]*?)<\/script>/.exec(text)?.[1] ?? '')) as Record<string, unknown>;

/** The draft without its import: what it exports, with `env` and `defineMigration` in place. */
function evaluate(draft: string): unknown {
  const body = draft.replace(/^import .*$/m, '').replace('export default', 'return');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the draft is a program; reading it is the test
  return new Function('defineMigration', 'env', body)((config: unknown) => config, (name: string) => ({ env: name })) as unknown;
}
