import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StranglerError } from '@strangler/kernel';
import { readSystem } from './read-system.ts';

const MONOLITHS = join(import.meta.dirname, '../../test/monoliths');

const project = (files: Readonly<Record<string, string>>): { path: string; [Symbol.dispose]: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'monolith-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => { rmSync(path, { recursive: true }); } };
};

const refusal = async (directory: string): Promise<unknown> => {
  try {
    return await readSystem(directory, { history: false });
  } catch (error) {
    return error;
  }
};

describe('reading a whole monolith', () => {
  test.each(['bookshop', 'cinema', 'clinic'])('%s is read as its maintainer would', async (theme) => {
    const model = `${JSON.stringify(await readSystem(join(MONOLITHS, theme), { history: false }), null, 1)}\n`;
    const expected = join(MONOLITHS, theme, 'expected.model.json');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, model);
    expect(model).toBe(readFileSync(expected, 'utf8'));
  });

  test('reading twice gives the same bytes', async () => {
    const read = async (): Promise<string> => JSON.stringify(await readSystem(join(MONOLITHS, 'bookshop'), { history: false }));
    expect(await read()).toBe(await read());
  });

  test('nothing of the machine it was read on is in the model', async () => {
    expect(JSON.stringify(await readSystem(join(MONOLITHS, 'clinic'), { history: false }))).not.toContain(MONOLITHS);
  });
});

describe('what cannot be read', () => {
  test('a directory that is not there, a file, and a directory without source are refused by one code', async () => {
    using empty = project({ 'README.md': 'nothing' });
    for (const directory of [join(empty.path, 'nowhere'), join(empty.path, 'README.md'), empty.path]) {
      const error = await refusal(directory);
      expect(error).toBeInstanceOf(StranglerError);
      expect(error).toMatchObject({ code: 'STR_NOT_A_PROJECT', exitCode: 2 });
    }
  });

  test('broken syntax, a missing module and a bundle are findings beside what could be read', async () => {
    using shop = project({
      'ok.js': "const express = require('express'); const app = express(); app.get('/ok', (req, res) => res.end());",
      'broken.js': "require('./gone');\nconst = {{{", 'bundle.js': `// data\n${'x();\n'.repeat(400_000)}`,
    });
    const model = await readSystem(shop.path, { history: true });
    expect(model.endpoints.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /ok']);
    expect(model.modules.find(({ path }) => path === 'bundle.js')?.kind).toBe('generated');
    expect(model.unresolved.map(({ kind, evidence }) => `${kind} ${evidence.file}`)).toEqual(['file .', 'import broken.js', 'file broken.js', 'file bundle.js']);
  });

  test('a pipe called like a source is a finding, never waited for', async () => {
    using shop = project({ 'a.js': 'module.exports = 1;', 'b.js/c.js': 'module.exports = 2;' });
    execFileSync('mkfifo', [join(shop.path, 'pipe.js')]);
    const model = await readSystem(shop.path, { history: false });
    expect(model.modules.map(({ path }) => path)).toEqual(['a.js', 'b.js/c.js']);
    expect(model.unresolved).toMatchObject([{ kind: 'file', evidence: { file: 'pipe.js' } }]);
  });

  test('three thousand small files without a package.json are read whole', async () => {
    using shop = project(Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`src/${String(at % 50)}/m${String(at)}.js`, `exports.m${String(at)} = ${String(at)};`])));
    const model = await readSystem(shop.path, { history: false });
    expect(model.modules).toHaveLength(3_000);
    expect(model.unresolved).toEqual([]);
  });

  test('a circle of symbolic links ends in a finding', async () => {
    using shop = project({ 'src/a.js': 'module.exports = 1;' });
    symlinkSync(join(shop.path, 'src'), join(shop.path, 'src/again'));
    const model = await readSystem(shop.path, { history: false });
    expect(model.modules.map(({ path }) => path)).toEqual(['src/a.js']);
    expect(model.unresolved).toMatchObject([{ kind: 'file', evidence: { file: 'src/again' } }]);
  });
});
