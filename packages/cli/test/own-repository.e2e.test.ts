import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strangler } from './run.ts';

let directory: string;
beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'strangler-own-')); });
afterAll(async () => { await rm(directory, { recursive: true, force: true }); });

/** A monolith that has never heard of us: nothing of ours is installed in it. */
async function cinema(name: string, more: Record<string, string>): Promise<string> {
  const own = join(directory, name);
  await mkdir(join(own, 'src'), { recursive: true });
  await writeFile(join(own, 'package.json'), JSON.stringify({ name, ...more, dependencies: { express: '^4', knex: '^2' } }));
  await writeFile(join(own, 'src/app.js'), `
const express = require('express');
const knex = require('knex')({ client: 'pg' });
const app = express();
app.get('/films', async (request, response) => response.json(await knex('films').select()));
app.post('/films', async (request, response) => response.json(await knex('films').insert(request.body)));
module.exports = app;
`);
  return own;
}

test.each([['commonjs by habit', {}], ['commonjs by name', { type: 'commonjs' }], ['a module', { type: 'module' }]])('the drafted config can be read at once, nothing of ours being installed: %s', async (name, more) => {
  const own = await cinema(name.replaceAll(' ', '-'), more);
  const init = await strangler(['init', 'src', '--execute'], { cwd: own });
  expect(init).toMatchObject({ code: 0, err: '' });
  const doctor = await strangler(['doctor', '--json'], { cwd: own });
  expect(JSON.parse(doctor.out)).toMatchObject({ ready: false, findings: expect.arrayContaining([expect.objectContaining({ code: 'STR_MISSING_SETTING', where: 'monolith.url' })]) });
  expect(doctor).toMatchObject({ code: 3, err: '' });
  // The admin token and the change log never get into somebody's commit.
  expect(await readFile(join(own, '.strangler/.gitignore'), 'utf8')).toBe('*\n');
});
