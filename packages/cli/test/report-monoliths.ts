import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

async function write(root: string, files: Readonly<Record<string, string>>): Promise<string> {
  await Promise.all(Object.entries(files).map(async ([path, text]) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }));
  return root;
}

/** A chain of cinemas: `houses` areas of `size` modules, each with its table and its endpoint, tied to its neighbours. */
export async function cinemaChain(root: string, houses: number, size: number): Promise<string> {
  const files: Record<string, string> = { 'package.json': '{"name":"cinema-chain"}', 'src/db.ts': "import knex from 'knex';\nexport const db = knex({ client: 'pg' });\n" };
  for (let house = 0; house < houses; house += 1) {
    const area = `src/house-${String(house)}`;
    const next = `house-${String((house + 1) % houses)}`;
    files[`${area}/router.ts`] = `import { Router } from 'express';\nimport { seat0 } from './seat-service-0.ts';\nexport const router = Router();\nrouter.post('/house-${String(house)}/seats', (_req, res) => { res.json(seat0(1)); });\n`;
    for (let seat = 0; seat < size - 1; seat += 1) {
      files[`${area}/seat-service-${String(seat)}.ts`] = `import { db } from '../db.ts';\n${seat + 1 < size - 1 ? `import { seat${String(seat + 1)} } from './seat-service-${String(seat + 1)}.ts';\n` : `import { seat1 } from '../${next}/seat-service-1.ts';\n`}`
        + `export async function seat${String(seat)}(row: number): Promise<unknown> {\n  ${seat % 7 === 0 ? `await db('seats_${String(house)}').insert({ row });\n  ` : ''}return ${seat + 1 < size - 1 ? `seat${String(seat + 1)}(row)` : 'row > 100 ? row : seat1(row + 1)'};\n}\n`;
    }
  }
  files['src/app.ts'] = `import express from 'express';\n${Array.from({ length: houses }, (_, house) => `import { router as router${String(house)} } from './house-${String(house)}/router.ts';`).join('\n')}\nexport const app = express();\n${Array.from({ length: houses }, (_, house) => `app.use(router${String(house)});`).join('\n')}\n`;
  return write(root, files);
}

const BAIT = '<img src=x onerror=window.broken=1>';

/** A cinema whose files, tables and paths are called like markup: on most systems a name may hold anything but a slash. */
export async function hostileCinema(root: string): Promise<string> {
  return write(root, {
    'package.json': '{"name":"cinema"}',
    [`src/a</script>${BAIT}.ts`]: `import { db } from './db.ts';\nexport const sell = async (seat: string) => { await db('tickets ${BAIT}').insert({ seat }); };\nexport const resell = async (seat: string) => { await sell(seat); await db('tickets ${BAIT}').where({ seat }).update({ sold: true }); };\n`,
    'src/db.ts': "import knex from 'knex';\nexport const db = knex({ client: 'pg' });\n",
    'src/films.ts': "import { db } from './db.ts';\nexport const films = async () => db('films').select('title');\nexport const premiere = async (title: string) => { await db('films').insert({ title }); };\n",
    'src/film-routes.ts': "import { Router } from 'express';\nimport { films, premiere } from './films.ts';\nexport const filmRoutes = Router();\nfilmRoutes.get('/films', async (_req, res) => { res.json(await films()); });\nfilmRoutes.post('/films', async (req, res) => { res.json(await premiere(req.body.title)); });\n",
    'src/app.ts': `import express from 'express';\nimport { filmRoutes } from './film-routes.ts';\nimport { sell, resell } from './a</script>${BAIT}.ts';\nexport const app = express();\napp.use(filmRoutes);\napp.post('/tickets/${BAIT}', async (req, res) => { await sell(req.body.seat); res.end(); });\napp.put('/tickets/\${BAIT}', async (req, res) => { await resell(req.body.seat); res.end(); });\nrequire(process.env['</script>${BAIT}']);\n`,
  });
}
