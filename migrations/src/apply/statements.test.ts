import { describe, expect, test } from '@jest/globals';
import { plan } from './plan.ts';
import { arrayLiteral } from '../capture/array-literal.ts';
import { statements } from './statements.ts';
import type { TargetCatalog, TargetColumn } from './target-catalog.ts';

const column = (cast: string, more: Partial<TargetColumn> = {}): TargetColumn => ({ cast, generated: false, identityAlways: false, required: false, ...more });
const TARGET = { schema: 'public', table: 'books' };
const CATALOG: TargetCatalog = new Map([['public.books', new Map([['id', column('bigint', { identityAlways: true })], ['title', column('text')], ['total', column('numeric', { generated: true })]])]]);

test('an array keeps NULL, quotes, braces and backslashes apart', () => {
  expect(arrayLiteral(['a', null, 'NULL', '', '{,}', 'say "hi"', '\\'])).toBe('{"a",NULL,"NULL","","{,}","say \\"hi\\"","\\\\"}');
});

describe('the SQL of a plan', () => {
  test('casts text in the target, writes identities, and leaves generated columns to the target', () => {
    const steps = plan([{ into: { target: TARGET, key: ['id'] }, op: 'insert', from: 'stream', row: { id: '1', title: 'Emma', total: '3' } }], 'strict');
    expect(statements(steps, CATALOG, 'strict')).toEqual([{
      text: 'INSERT INTO "public"."books" ("id", "title") OVERRIDING SYSTEM VALUE SELECT s."id"::bigint, s."title"::text FROM unnest($1::text[], $2::text[]) AS s("id", "title") ON CONFLICT ("id") DO UPDATE SET "title" = EXCLUDED."title"',
      values: ['{"1"}', '{"Emma"}'],
    }]);
  });

  test('insists, in strict mode, on the rows an update means', () => {
    const steps = plan([{ into: { target: TARGET, key: ['id'] }, op: 'update', row: { id: '1', title: 'Emma' }, whole: true }], 'strict');
    expect(statements(steps, CATALOG, 'strict')[0]?.text).toMatch(/^WITH written AS \(UPDATE .* RETURNING 1\) SELECT 1 \/ \(count\(\*\) = \$3::bigint\)::int FROM written$/);
    expect(statements(plan([{ into: { target: TARGET, key: ['id'] }, op: 'update', row: { id: '1', title: 'Emma' }, whole: false }], 'idempotent'), CATALOG, 'idempotent')[0]?.text).toMatch(/^UPDATE /);
  });

  test('names a column the target does not have, and how to add it', () => {
    const steps = plan([{ into: { target: TARGET, key: ['id'] }, op: 'insert', from: 'stream', row: { id: '1', isbn: '978' } }], 'strict');
    expect(() => statements(steps, CATALOG, 'strict')).toThrow(expect.objectContaining({ code: 'STR_TARGET_COLUMN_MISSING', remedy: expect.stringContaining('ADD COLUMN "isbn"') }));
  });
});
