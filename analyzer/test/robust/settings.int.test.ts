import { describe, expect, test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { besideTheBookshop, BOOKS, fileFindings, found, imports } from './tree.ts';

const ALIASED = { 'src/use.ts': "import { shelf } from '@/shelf'; shelf();" };

describe('settings that are half a file', () => {
  test('a tsconfig cut short is taken as far as it goes, and is a finding', async () => {
    const analysis = await besideTheBookshop({ ...ALIASED, 'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] ' });
    expect(imports(analysis)).toContain('src/use.ts → src/shelf.ts');
    expect(fileFindings(analysis)).toEqual([expect.stringMatching(/^tsconfig\.json:1 broken JSON: /)]);
  });

  test('tsconfigs that extend one another keep what each of them says', async () => {
    const analysis = await besideTheBookshop({
      ...ALIASED, 'tsconfig.json': '{ "extends": "./tsconfig.base.json" }', 'tsconfig.base.json': '{ "extends": "./tsconfig.json", "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    });
    expect(imports(analysis)).toContain('src/use.ts → src/shelf.ts');
    expect(fileFindings(analysis)).toEqual(['tsconfig.json:1 extends itself, over others: what it would inherit is not known']);
  });

  test('a base that is missing is named', async () => {
    expect(fileFindings(await besideTheBookshop({ 'tsconfig.json': '{ "extends": "./nowhere.json" }' }))).toEqual(['nowhere.json:1 not read: there is no such file (any more)']);
  });

  test.each([
    '{ "extends": 5, "compilerOptions": { "baseUrl": 7, "paths": { "@/*": "src/*", "b": [3] } }, "references": {} }', '{ "extends": [null, 3], "compilerOptions": null, "references": [null, { "path": 4 }] }', '[]', '7', '',
  ])('a tsconfig of the wrong shape stops nothing: %s', async (text) => {
    expect(found(await besideTheBookshop({ ...ALIASED, 'tsconfig.json': text }))).toEqual(BOOKS);
  });

  test.each(['{ "name": ', '[1, 2]', '{ "name": 5, "exports": 7, "imports": null, "main": {}, "workspaces": 3 }', '{ "name": "bookshop", "exports": { "./x": { "import": [null, 3, { "default": 4 }] } }, "imports": { "#a": 3, "#b/*": null } }'])('nor does a package.json: %s', async (text) => {
    const odd = "import 'bookshop/x'; import '#a'; import '#b/c'; import '#'; import ''; import '.'; import '..'; import '/'; import './a\\u0000b'; import '@/';";
    expect(found(await besideTheBookshop({ 'package.json': text, 'src/odd.ts': odd }))).toEqual(BOOKS);
  });

  test('directories where files belong are named', async () => {
    const analysis = await besideTheBookshop({}, (tree) => { for (const name of ['tsconfig.json', 'src/folder.ts', 'db.sql', 'schema.prisma']) mkdirSync(tree.at(name)); });
    expect(found(analysis)).toEqual(BOOKS);
    expect(fileFindings(analysis)).toEqual(['tsconfig.json:1 not read: a directory, where a file was expected']);
  });
});

describe('kinds of systems', () => {
  test('plain require, in a directory without a package.json', async () => {
    const analysis = await besideTheBookshop({
      'clinic/app.js': "const express = require('express');\nconst app = express();\nrequire('./patients')(app);\napp.listen(1);", 'clinic/patients.js': "const { Pool } = require('pg');\nconst db = new Pool();\nmodule.exports = (app) => { app.get('/patients', async (_, answer) => answer.json(await db.query('select * from patients'))); };",
    });
    expect(found(analysis)).toEqual(['GET /books', 'GET /patients', 'books', 'patients']);
  });

  test('.mjs that imports .cjs', async () => {
    const analysis = await besideTheBookshop({
      'cinema/app.mjs': "import express from 'express';\nimport { films } from './films.cjs';\nconst app = express();\napp.use('/films', films);\napp.listen(1);", 'cinema/films.cjs': "const express = require('express');\nconst films = express.Router();\nfilms.get('/:id', (_, answer) => answer.end());\nmodule.exports = { films };",
    });
    expect(found(analysis)).toEqual(['GET /books', 'GET /films/:id', 'books']);
  });
});
