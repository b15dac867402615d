import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { command } from '../src/commands/analyze.ts';
import type { Outcome } from '../src/command.ts';

const SHOP = {
  'src/films.js': "const db = require('knex')({}); exports.films = () => db('films').where({ shown: 1 });",
  'src/halls.js': "const db = require('knex')({}); exports.halls = () => db('halls').insert({ seats: 90 });",
  'src/app.js': "const { films } = require('./films'); const { halls } = require('./halls'); exports.all = () => [films(), halls()];",
};

let root: string;
const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pinned-'));
  await write(SHOP);
});
afterAll(async () => { await rm(root, { recursive: true }); });

const analyze = (values: Record<string, string | boolean> = {}): Promise<Outcome> => command.run({
  positionals: ['src'], values: { without: 'history', json: true, ...values },
  io: { out: () => undefined, err: () => undefined, interactive: false, environment: {}, cwd: root, signal: new AbortController().signal },
});
const contexts = ({ json }: Outcome): string[] => (json as { contexts: { name: string; modules: string[] }[] }).contexts.map(({ name, modules }) => `${name}: ${modules.join()}`);

describe('analyze with strangler.contexts.yaml', () => {
  test('the file beside the analyzed directory holds: two pinned contexts never merge', async () => {
    await write({ 'strangler.contexts.yaml': 'contexts:\n  programme: { modules: [films.js] }\n  house: { modules: [halls.js] }\n' });
    const found = contexts(await analyze());
    expect(found.some((one) => /^programme: .*films\.js/.test(one))).toBe(true);
    expect(found.some((one) => /^house: .*halls\.js/.test(one))).toBe(true);
  });

  test('--pins names another file, and a pin that matches nothing is reported', async () => {
    await write({ 'decided.yaml': 'contexts:\n  tickets: { modules: [tickets.js] }\n' });
    expect((await analyze({ pins: 'decided.yaml' })).json).toMatchObject({ idlePins: ["contexts.tickets: nothing matches 'tickets.js'"] });
  });

  test('a named file that is not there is refused', async () => {
    await expect(analyze({ pins: 'nowhere.yaml' })).rejects.toMatchObject({ code: 'STR_PINS_NOT_FOUND', exitCode: 2 });
  });

  test('mistakes in it are refused before anything is read', async () => {
    await write({ 'wrong.yaml': 'context: {}\nshared: log.ts\n' });
    await expect(analyze({ pins: 'wrong.yaml' })).rejects.toMatchObject({ code: 'STR_BAD_PINS', findings: [{ where: 'shared' }, { where: '(top)' }] });
  });
});

describe('analyze --what-if', () => {
  test('prints before and after; --save-pins shows what it would write, --execute writes it, and the next analysis holds to it', async () => {
    await write({ 'strangler.contexts.yaml': '# ours\ncontexts:\n  programme: { modules: [films.js] }\n  house: { modules: [halls.js] }\n' });
    const moves = { 'what-if': 'move app.js to house' };
    expect((await analyze(moves)).text).toMatch(/^# What if: move app\.js from \w+ to house\n/);
    expect((await analyze({ ...moves, 'save-pins': true })).json).toMatchObject({ saved: { written: false } });
    expect((await analyze({ ...moves, 'save-pins': true, execute: true })).text).toContain('undo: mv strangler.contexts.yaml.before strangler.contexts.yaml');
    expect(await readFile(join(root, 'strangler.contexts.yaml'), 'utf8')).toMatch(/^# ours\n[\s\S]*house:[^\n]*app\.js/);
    expect(contexts(await analyze()).find((one) => one.startsWith('house:'))).toMatch(/app\.js/);
  });

  test('a move that cannot be made is refused', async () => {
    await expect(analyze({ 'what-if': 'move aap.js to house' })).rejects.toMatchObject({ code: 'STR_BAD_WHAT_IF', exitCode: 2 });
  });
});
