import { describe, expect, test } from '@jest/globals';
import { besideTheBookshop, BOOKS, fileFindings, found } from './tree.ts';

const N = 10_000;
const around = (before: string, inner: string, after: string): string => `export const x = ${before.repeat(N)}${inner}${after.repeat(N)};\n`;

/** Ten thousand levels of everything the grammar nests: nobody writes that, generators do. */
const NESTED: Readonly<Record<string, string>> = {
  brackets: around('[', '', ']'), parentheses: around('(', '1', ')'), objects: around('{a:', '1', '}'), calls: around('f(', '1', ')'), templates: around('`a${', '1', '}`'), conditions: around('a ? b : ', 'c', ''),
  'unary operators': around('!', '1', ''), 'arrow functions': around('()=>', '1', ''), classes: around('class { m() { return ', '1', '} }'), members: `export const x = a${'.b'.repeat(N)};\n`,
  assignments: `let a, b; ${'a = '.repeat(N)}b;\n`, blocks: `${'{'.repeat(N)}${'}'.repeat(N)}\n`, functions: `${'function f(){'.repeat(N)}${'}'.repeat(N)}\n`,
  'else ifs': `export function f(x) { ${'if (x) { g(); } else '.repeat(N)}{ h(); } }\n`, 'type arguments': `export type X = ${'Array<'.repeat(N)}string${'>'.repeat(N)};\n`, namespaces: `${'namespace a {'.repeat(N)}${'}'.repeat(N)}\n`,
  'promise chains': `export const x = p${'.then(() => 1)'.repeat(N)};\n`,
};

describe('code nested ten thousand deep', () => {
  test.each(Object.entries(NESTED))('%s: the file is a finding, the rest of the system is read', async (_, text) => {
    const analysis = await besideTheBookshop({ 'src/deep.ts': text });
    expect(found(analysis)).toEqual(BOOKS);
    expect(fileFindings(analysis)).toEqual([expect.stringMatching(/^src\/deep\.ts:\d+ (?:what lies deeper is not read|the parser gave up: the file is not read)$/)]);
  });

  test('a long sum, a long list and a long choice are not deep: they are read to their end', async () => {
    const long = (operator: string): string => `${`'a' ${operator}\n`.repeat(N)}'b'`;
    const analysis = await besideTheBookshop({ 'src/long.ts': `import { shelf } from './shelf';\nexport const sum = ${long('+')};\nexport const choice = ${long('||')};\nf(${"'a',\n".repeat(N)}shelf());\nexport type Name = ${Array.from({ length: N }, (_, i) => `'a${String(i)}'`).join('\n| ')};\n` });
    expect(fileFindings(analysis)).toEqual([]);
    expect(analysis.model.calls.map(({ from, to }) => `${from.module} → ${to.module}`)).toContain('src/long.ts → src/shelf.ts');
  });
});

describe('names that lead in a circle', () => {
  test('classes, interfaces, aliases and barrels that extend one another end where they began', async () => {
    const analysis = await besideTheBookshop({
      'src/circle.ts': 'export class Film extends Seat { m() { this.x(); } }\nexport class Seat extends Film {}\nnew Film().go(); new Seat().m();\ninterface A extends B {} interface B extends A {} declare const a: A; a.go();\ntype T = T[]; type U = V; type V = U; declare const u: U; u.go(); declare const t: T; t.go();\n',
      'src/one.ts': "export * from './two'; import { missing } from './two'; missing();", 'src/two.ts': "export * from './one'; import { missing } from './one'; missing();",
    });
    expect(found(analysis)).toEqual(BOOKS);
  });

  test('a line of three thousand barrels or of five thousand base classes overflows nothing', async () => {
    const barrels = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`src/b/m${String(i)}.ts`, `export * from './m${String(i + 1)}';`]));
    const analysis = await besideTheBookshop({
      ...barrels, 'src/b/m3000.ts': 'export const last = () => 1;', 'src/use.ts': "import { last } from './b/m0'; last();",
      'src/bases.ts': `class C0 {}\n${Array.from({ length: 5000 }, (_, i) => `class C${String(i + 1)} extends C${String(i)} {}`).join('\n')}\nnew C5000().go();\n`,
    });
    expect(found(analysis)).toEqual(BOOKS);
  });
});
