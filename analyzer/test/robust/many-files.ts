import type { Files } from './tree.ts';

/** A shop of many files: every tenth serves an endpoint, each reads a table and calls a few of its neighbours. Deterministic. */
export function manyFiles(count: number): Files {
  const files: Record<string, string> = { 'package.json': '{ "name": "warehouse" }', 'src/app.ts': `import express from 'express';\nexport const app = express();\napp.listen(1);\n` };
  for (let i = 0; i < count; i += 1) {
    const near = neighbours(i, count);
    const lines = [
      "import knex from 'knex';", ...near.map((other) => `import { stock${String(other)} } from '${pathFrom(i, other)}';`), 'const db = knex({});',
      `export async function stock${String(i)}(id) {`, `  const rows = await db('shelf_${String(Math.floor(i / 100))}').where({ id });`, ...near.map((other) => `  if (rows.length > ${String(other)}) await stock${String(other)}(id);`), '  return rows;', '}',
    ];
    if (i % 10 === 0) {
      lines.unshift("import { app } from '../app.ts';");
      lines.push(`app.get('/stock/${String(i)}/:id', (request, answer) => answer.json(stock${String(i)}(request.params.id)));`);
    }
    files[pathOf(i)] = `${lines.join('\n')}\n`;
  }
  return files;
}

/** Calls lead onward within an aisle, and from its end to one other aisle: systems are tied, but not each part to every other. */
const neighbours = (i: number, count: number): number[] => {
  const across = i % AISLE === AISLE - 1 ? [((i + 1) * 31) % count] : [];
  return [...[i + 1, i + 7].filter((other) => folder(other) === folder(i)), ...across].filter((other) => other < count && other !== i);
};

const AISLE = 50;
const folder = (i: number): string => `aisle${String(Math.floor(i / AISLE))}`;
const pathOf = (i: number): string => `src/${folder(i)}/stock${String(i)}.ts`;
const pathFrom = (i: number, other: number): string => (folder(i) === folder(other) ? `./stock${String(other)}.ts` : `../${folder(other)}/stock${String(other)}.ts`);
