import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { analyze, type Analysis } from '../../src/index.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A bookshop of two files that any reading must still find, whatever lies beside it. */
export const BOOKSHOP: Files = {
  'package.json': '{ "name": "bookshop" }',
  'src/app.ts': "import express from 'express';\nimport { shelf } from './shelf.ts';\nconst app = express();\napp.get('/books', async (_, answer) => answer.json(await shelf()));\napp.listen(3000);\n",
  'src/shelf.ts': "import knex from 'knex';\nconst db = knex({ client: 'pg' });\nexport const shelf = () => db('books').select();\n",
};

/** A directory of its own with these files, removed afterwards. */
export class Tree implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'robust-'));

  constructor(files: Files) {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Analyses the bookshop with these files beside it; `prepare` puts there what is no plain file. */
export async function besideTheBookshop(files: Files, prepare: (tree: Tree) => void = () => undefined): Promise<Analysis> {
  using tree = new Tree({ ...BOOKSHOP, ...files });
  prepare(tree);
  return await analyze(tree.path, { without: ['history'] });
}

/** What the reading says about files: `src/broken.ts:3 broken syntax: …`. */
export const fileFindings = ({ model }: Analysis): string[] => model.unresolved.filter(({ kind }) => kind === 'file').map(({ evidence, why }) => `${evidence.file}:${String(evidence.line)} ${why}`);

export const imports = ({ model }: Analysis): string[] => model.imports.map(({ from, to }) => `${from} → ${to}`);

/** Endpoint and table of the bookshop: what must be found in any case. */
export const found = ({ model }: Analysis): string[] => [...model.endpoints.map(({ method, path }) => `${method} ${path}`), ...model.tables.map(({ name }) => name)];
export const BOOKS = ['GET /books', 'books'];
