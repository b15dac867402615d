import { describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeProcess, said } from './process.ts';
import { BOOKSHOP, Tree, type Files } from './tree.ts';

/** Whole processes, several a test: on a busy machine each takes many times as long. */
jest.setTimeout(300_000);

const ENDPOINTS = ['GET /books'];
const NO_GIT = '.:1 no git history can be read here: what changes together is not known';
const pipe = (path: string): void => { execFileSync('mkfifo', [path]); };
const shop = (files: Files = {}): Tree => new Tree({ ...BOOKSHOP, ...files });
/** Root may read everything: there the process gives its rights up. */
const ORDINARY = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

describe('places where a reader could hang, get lost or be locked out', () => {
  test('pipes, sockets and devices under any name are never waited for', async () => {
    using tree = shop({ 'src/data.ts': "import prices from './prices.json'; import noise from './noise.json'; export default [prices, noise];" });
    for (const name of ['src/pipe.ts', 'tsconfig.json', 'dump.sql', 'schema.prisma', 'src/prices.json']) pipe(tree.at(name));
    symlinkSync('/dev/zero', tree.at('src/noise.json'));
    rmSync(tree.at('package.json'));
    symlinkSync('/dev/zero', tree.at('package.json'));
    const ended = await analyzeProcess([tree.path, '--json']);
    expect(ended.code).toBe(0);
    expect(said(ended)).toEqual({ endpoints: ENDPOINTS, findings: [NO_GIT, 'package.json:1 not read: a pipe, socket or device: not read', 'src/pipe.ts:1 neither a file nor a directory, not read', 'tsconfig.json:1 not read: a pipe, socket or device: not read'] });
  });

  test('a pins file that is a pipe is refused, not waited for', async () => {
    using tree = shop();
    pipe(tree.at('strangler.contexts.yaml'));
    expect(await analyzeProcess([tree.path])).toMatchObject({ code: 2, err: expect.stringContaining('STR_PINS_NOT_FOUND') });
  });

  test('links in a circle, out of the tree and into nothing are named and not followed', async () => {
    using tree = shop();
    for (const [name, target] of [['src/up', '..'], ['src/self', 'self'], ['src/passwd.ts', '/etc/passwd'], ['outside', '/usr'], ['src/dangling.ts', 'nowhere.ts']] as const) symlinkSync(target, tree.at(name));
    const ended = await analyzeProcess([tree.path, '--json']);
    const link = 'a symbolic link, not followed; its target is read where it lies';
    expect(ended.code).toBe(0);
    expect(said(ended)).toEqual({ endpoints: ENDPOINTS, findings: [NO_GIT, ...['outside', 'src/dangling.ts', 'src/passwd.ts', 'src/self', 'src/up'].map((name) => `${name}:1 ${link}`)] });
  });

  test('an ordinary user gets findings for what it may not read', async () => {
    using tree = shop({ 'src/secret.ts': 'export const key = 1;', 'src/locked/inside.ts': 'export const a = 1;', 'db/secret.sql': 'create table seats (id int);' });
    chmodSync(tree.path, 0o755);
    for (const name of ['src/secret.ts', 'src/locked', 'db/secret.sql']) chmodSync(tree.at(name), 0);
    const ended = await analyzeProcess([tree.path, '--json'], { through: ORDINARY });
    chmodSync(tree.at('src/locked'), 0o755);
    expect(ended.code).toBe(0);
    expect(said(ended)).toEqual({ endpoints: ENDPOINTS, findings: [NO_GIT, 'db/secret.sql:1 no permission to read it', 'src/locked:1 the directory is not read: no permission to read it', 'src/secret.ts:1 no permission to read it'] });
  });

  test('names with spaces, line breaks, quotes, markup and other scripts are read; reports show them as text', async () => {
    const names = ['with space', 'line\nbreak', 'quo"te\'s', 'uni-é書📚', '<b>x&amp;', 'pipe|`tick`', '-dash', '$(touch pwned)', '__proto__', 'constructor'];
    using tree = shop({ ...Object.fromEntries(names.map((name) => [`src/${name}.ts`, 'export const a = 1;'])), 'src/all.ts': names.map((name) => `import ${JSON.stringify(`./${name}`)};`).join('\n') });
    using out = new Tree({});
    const ended = await analyzeProcess([tree.path, '--json', '--out', out.path]);
    expect(ended.code).toBe(0);
    expect(said(ended)).toEqual({ endpoints: ENDPOINTS, findings: [NO_GIT] });
    expect(readdirSync(tree.path).sort()).toEqual(['package.json', 'src']);
  });

  test('names that are no UTF-8 are named, as far as they have a name', async () => {
    using tree = shop();
    writeFileSync(Buffer.concat([Buffer.from(tree.at('src/caf')), Buffer.from([0xe9]), Buffer.from('.ts')]), 'export const a = 1;');
    mkdirSync(Buffer.concat([Buffer.from(tree.at('src/d')), Buffer.from([0xff])]));
    const ended = await analyzeProcess([tree.path, '--json']);
    expect(ended.code).toBe(0);
    expect(said(ended).findings).toEqual([NO_GIT, 'src/caf\uFFFD.ts:1 its name is not UTF-8, so it cannot be opened', 'src/d\uFFFD:1 the directory is not read: its name is not UTF-8, so it cannot be opened']);
  });

  test('a path of four thousand characters is read', async () => {
    using tree = shop();
    const deep = join('src', ...Array<string>(16).fill('d'.repeat(240)));
    tree.write(join(deep, 'deep.ts'), 'export const deep = 1;');
    const ended = await analyzeProcess([tree.path, '--json']);
    expect(ended.code).toBe(0);
    expect(said(ended)).toEqual({ endpoints: ENDPOINTS, findings: [NO_GIT] });
  });

  test('what vanishes while it is read is a finding for each file', async () => {
    using tree = shop(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`src/gone/m${String(i)}.ts`, `export const m${String(i)} = ${'{ a: [1, 2, 3] };\n'.repeat(20)}`])));
    const ended = await analyzeProcess([tree.path, '--json'], { onStart: () => { rmSync(tree.at('src/gone'), { recursive: true }); } });
    expect(ended.code).toBe(0);
    expect(said(ended).endpoints).toEqual(ENDPOINTS);
  });

  test('packages, build output and a directory without source', async () => {
    using tree = shop({ 'node_modules/x/index.js': 'module.exports = 1;', 'dist/app.js': 'var a = 1;', 'public/jquery.min.js': 'var $ = 1;', 'vendor/lib.js': 'var b = 1;' });
    const ended = await analyzeProcess([tree.path, '--json']);
    expect(said(ended)).toEqual({ endpoints: ENDPOINTS, findings: [NO_GIT, 'dist:1 build output, left out'] });
    using empty = new Tree({});
    expect(await analyzeProcess([empty.path])).toMatchObject({ code: 2, err: expect.stringContaining('STR_NOT_A_PROJECT') });
    using tests = new Tree({ 'test/books.test.ts': "test('a book', () => {});" });
    expect(await analyzeProcess([tests.path])).toMatchObject({ code: 0, out: expect.stringContaining('**0 contexts**') });
  });
});
