import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { command } from '../src/commands/analyze.ts';
import type { Outcome } from '../src/command.ts';

const CINEMA = {
  '.git/HEAD': '',
  'app/src/films/store.js': "const db = require('knex')({}); exports.films = () => db('films').where({ shown: 1 }); exports.addFilm = () => db('films').insert({ title: 'M' });",
  'app/src/films/routes.js': "const { films, addFilm } = require('./store'); exports.list = () => films(); exports.add = () => addFilm();",
  'app/src/halls/store.js': "const db = require('knex')({}); exports.halls = () => db('halls').where({ open: 1 }); exports.addHall = () => db('halls').insert({ seats: 90 });",
  'app/src/halls/routes.js': "const { halls, addHall } = require('./store'); exports.list = () => halls(); exports.add = () => addHall();",
  'strangler.contexts.yaml': 'contexts:\n  programme: { modules: ["films/**"], tables: [films] }\n  house: { modules: ["halls/**"], tables: [halls] }\n',
};

let root: string;
let said: string;
const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'held-'));
  await write(CINEMA);
});
afterAll(async () => { await rm(root, { recursive: true }); });

const analyze = (values: Record<string, string | boolean>): Promise<Outcome> => {
  said = '';
  return command.run({
    positionals: ['app/src'], values: { without: 'history', quiet: true, ...values },
    io: { out: () => undefined, err: (text) => { said += text; }, interactive: false, environment: {}, cwd: root, signal: new AbortController().signal },
  });
};
const there = (name: string): Promise<boolean> => access(join(root, name)).then(() => true, () => false);
const BASELINE = { baseline: 'strangler.baseline.json' };

describe('holding a boundary', () => {
  test('a baseline is shown first, and written on request, with the way back', async () => {
    expect((await analyze({ 'write-baseline': true })).text).toMatch(/^would write strangler\.baseline\.json: 2 contexts, 0 crossings accepted\n/);
    expect(await there('strangler.baseline.json')).toBe(false);
    expect(await analyze({ 'write-baseline': true, execute: true })).toMatchObject({ exitCode: 0, text: expect.stringContaining('undo: rm strangler.baseline.json') as unknown as string });
    expect(await readFile(join(root, 'strangler.baseline.json'), 'utf8')).toContain('"films/store.js"');
  });

  test('the code it was written from passes', async () => {
    expect(await analyze(BASELINE)).toMatchObject({ exitCode: 0, text: '0 crossings of the boundaries in strangler.baseline.json: 0 new, 0 known, 0 gone' });
  });

  test('a write of somebody else\'s table fails the build, and is named with its place and remedy', async () => {
    await write({ 'app/src/films/routes.js': `${CINEMA['app/src/films/routes.js']}\nconst db = require('knex')({}); exports.close = () => db('halls').where({ id: 1 }).update({ open: 0 });` });
    const { exitCode, text } = await analyze(BASELINE);
    expect(exitCode).toBe(1);
    expect(text).toContain('  app/src/films/routes.js:2  programme → house  new write\n    films/routes.js writes halls');
    expect((await analyze({ ...BASELINE, 'fail-on': 'none' })).exitCode).toBe(0);
  });

  test('a report on standard output stays whole: the verdict goes to the other stream, the paths are the repository\'s', async () => {
    const { exitCode, text } = await analyze({ ...BASELINE, format: 'sarif' });
    const [run] = (JSON.parse(text) as { runs: { results: { ruleId: string; baselineState: string; locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[] }[] }).runs;
    expect(run?.results[0]).toMatchObject({ ruleId: 'cross-context-write', baselineState: 'new', locations: [{ physicalLocation: { artifactLocation: { uri: 'app/src/films/routes.js' } } }] });
    expect(exitCode).toBe(1);
    expect(said).toContain('1 new, 0 known, 0 gone');
  });

  test('accepting it keeps the earlier baseline beside the new one; with --fail-on any it still fails', async () => {
    expect((await analyze({ ...BASELINE, 'write-baseline': true, execute: true })).text).toBe('wrote strangler.baseline.json: 2 contexts, 1 crossing accepted: 1 more, 0 fewer than before\nundo: mv strangler.baseline.json.before strangler.baseline.json');
    expect(await there('strangler.baseline.json.before')).toBe(true);
    expect((await analyze(BASELINE)).exitCode).toBe(0);
    expect((await analyze({ ...BASELINE, 'fail-on': 'any' })).exitCode).toBe(1);
  });

  test('mending it is reported, with what to do', async () => {
    await write({ 'app/src/films/routes.js': CINEMA['app/src/films/routes.js'] });
    expect(await analyze(BASELINE)).toMatchObject({ exitCode: 0, text: expect.stringMatching(/1 crossing of the baseline is gone; write it anew[\s\S]*write films\/routes\.js > halls/) as unknown as string });
  });
});

describe('a baseline that cannot be held against', () => {
  const refused = (code: string): object => ({ code, exitCode: 2 });

  test('is refused when it is not there, is damaged by a merge, or is of another directory', async () => {
    await write({ 'merged.json': '<<<<<<< ours\n{}', 'other.json': '{"schemaVersion":1,"contexts":{"crew":{"modules":{"crew.js":""},"tables":[]}},"shared":{"libraries":{},"wiring":{}},"crossings":{},"unresolved":[]}' });
    await expect(analyze({ baseline: 'nowhere.json' })).rejects.toMatchObject(refused('STR_BASELINE_NOT_FOUND'));
    await expect(analyze({ baseline: 'merged.json' })).rejects.toMatchObject(refused('STR_BAD_BASELINE'));
    await expect(analyze({ baseline: 'other.json' })).rejects.toMatchObject(refused('STR_BASELINE_MISMATCH'));
  });

  test('is asked for before anything is read: without one there is nothing to fail on', async () => {
    await expect(analyze({ 'fail-on': 'new' })).rejects.toMatchObject(refused('STR_USAGE'));
    await expect(analyze({ ...BASELINE, 'fail-on': 'sometimes' })).rejects.toMatchObject(refused('STR_USAGE'));
    await expect(analyze({ format: 'pdf' })).rejects.toMatchObject(refused('STR_USAGE'));
  });
});
