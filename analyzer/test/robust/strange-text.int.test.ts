import { describe, expect, test } from '@jest/globals';
import { besideTheBookshop, BOOKS, fileFindings, found, imports } from './tree.ts';

const utf16 = (text: string, mark: string): Buffer => Buffer.from(mark + text, 'utf16le');

describe('text that is not what its name says', () => {
  test('broken syntax and merge marks are findings with their line, and what stands around them is read', async () => {
    const analysis = await besideTheBookshop({
      'src/broken.ts': "import { shelf } from './shelf';\n\nexport const x = {;\n", 'src/merge.js': 'let films = 1;\n<<<<<<< HEAD\nlet seats = 2;\n=======\n>>>>>>> rows\n',
    });
    expect(found(analysis)).toEqual(BOOKS);
    expect(fileFindings(analysis)).toEqual(['src/broken.ts:3 broken syntax: what could be read around it was read', 'src/merge.js:2 broken syntax: what could be read around it was read']);
    expect(imports(analysis)).toContain('src/broken.ts → src/shelf.ts');
  });

  test('a byte order mark, UTF-16 in both orders and the line ends of other systems are read like any text', async () => {
    const text = "import { shelf } from './shelf';\nshelf();\n";
    const analysis = await besideTheBookshop({
      'src/bom.ts': `\uFEFF${text}`, 'src/little.ts': utf16(text, '\uFEFF'), 'src/big.ts': utf16(text, '\uFEFF').swap16(), 'src/crlf.ts': text.replaceAll('\n', '\r\n'), 'src/cr.ts': text.replaceAll('\n', '\r'),
    });
    expect(fileFindings(analysis)).toEqual([]);
    expect(imports(analysis)).toEqual(['app', 'big', 'bom', 'cr', 'crlf', 'little'].map((name) => `src/${name}.ts → src/shelf.ts`));
  });

  test('a film called .ts and a source with NUL bytes are left out by name, not taken for code', async () => {
    const analysis = await besideTheBookshop({ 'media/trailer.ts': Buffer.concat([Buffer.from('G'), Buffer.alloc(187)]), 'src/torn.ts': 'export const a = 1;\n\0\0\0', 'src/empty.ts': '' });
    expect(found(analysis)).toEqual(BOOKS);
    expect(fileFindings(analysis)).toEqual(['media/trailer.ts:1 holds NUL bytes: binary, not source', 'src/torn.ts:1 holds NUL bytes: binary, not source']);
    expect(analysis.other).toContainEqual({ path: 'media/trailer.ts', kind: 'generated' });
  });

  test('a file of five megabytes is named and left out; a minified one is read but belongs to no context', async () => {
    const analysis = await besideTheBookshop({ 'src/catalog.ts': `export const catalog = [\n${"  { title: 'A book of many pages' },\n".repeat(150_000)}];\n`, 'src/vendor.js': 'var a=function(b){return b+1};'.repeat(2000) });
    expect(fileFindings(analysis)).toEqual(['src/catalog.ts:1 5.6 MB: taken as generated, what is inside is not read']);
    expect(analysis.other).toEqual([{ path: 'src/catalog.ts', kind: 'generated' }, { path: 'src/vendor.js', kind: 'generated' }]);
  });

  test('a dump of one long line is read for its tables, one beyond measure is named', async () => {
    const rows = (n: number): string => Array.from({ length: n }, (_, i) => `(${String(i)},'title ${String(i)}')`).join(',');
    const analysis = await besideTheBookshop({
      'db/small.sql': `CREATE TABLE seats (id int); INSERT INTO seats VALUES ${rows(20_000)};`, 'db/large.sql': `CREATE TABLE films (id int); INSERT INTO films VALUES ${rows(100_000)};`,
    });
    expect(found(analysis)).toEqual([...BOOKS, 'seats']);
    expect(fileFindings(analysis)).toEqual(['db/large.sql:1 2.2 MB: taken as generated, what is inside is not read']);
  });
});
