import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, testServer } from '@strangler/testkit';
import { strangler } from './run.ts';

const config = (more = ''): string => `monolith: { source: src, url: "\${MONOLITH_URL}", database: "\${MONOLITH_DATABASE_URL}" }
services:
  books: { context: Books, url: "\${BOOKS_URL}", database: "\${BOOKS_DATABASE_URL}", owns: { modules: [], tables: [books] } }
routes:
  books.read: { match: GET /books/:id, to: books, stage: monolith }
${more}compare: { promoteWhen: { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 2 } }
replication:
  books-forward: { from: monolith, to: books, tables: { books: { key: [id] } } }
`;

let directory: string;
const inDirectory = async (name: string, text: string): Promise<string> => {
  const path = join(directory, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'strangler.config.yaml'), text);
  return path;
};
beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'strangler-exit-')); });
afterAll(async () => { await rm(directory, { recursive: true, force: true }); });

const nobody = { MONOLITH_URL: 'http://127.0.0.1:1', BOOKS_URL: 'http://127.0.0.1:1', MONOLITH_DATABASE_URL: 'postgres://x:y@127.0.0.1:1/m', BOOKS_DATABASE_URL: 'postgres://x:y@127.0.0.1:1/b' };

describe('the exit code and the message fit what went wrong:', () => {
  test('a config with four mistakes lists all four and leaves with 2', async () => {
    const cwd = await inDirectory('mistakes', config(`  books.list: { match: GTE /books, to: books, stage: monolith }
  books.find: { match: GET /find, to: boks, stage: monolith }
  books.create: { match: POST /books, to: books, stage: { shadow: { sample: 1 } }, writes: [books] }
  books.touch: { match: PUT /books/:id, to: books, stage: monolith }
`));
    const { code, err } = await strangler(['serve'], { cwd, environment: nobody });
    expect(code).toBe(2);
    expect(err).toContain('has 4 mistakes');
    for (const place of ['routes.books.list.match', 'routes.books.find.to', 'routes.books.create.stage', 'routes.books.touch.writes']) expect(err).toContain(place);
    expect(err.match(/✗/g)).toHaveLength(4);
  });

  test('overlapping routes are named both, with 2', async () => {
    const cwd = await inDirectory('overlap', config('  books.other: { match: GET /books/:isbn, to: books, stage: monolith }\n'));
    const { code, err } = await strangler(['serve'], { cwd, environment: nobody });
    expect(code).toBe(2);
    expect(err).toContain('STR_OVERLAPPING_ROUTES');
    expect(err).toContain('books.read');
    expect(err).toContain('books.other');
  });

  test('a missing setting is named, with 3', async () => {
    const cwd = await inDirectory('setting', config());
    const { code, err } = await strangler(['serve', '--listen', '0', '--admin', '0'], { cwd, environment: { ...nobody, MONOLITH_URL: '' } });
    expect(code).toBe(3);
    expect(err).toContain('STR_MISSING_SETTING monolith.url: MONOLITH_URL is not set.');
  });

  test('an unreachable monolith and databases are one report of doctor, with 3', async () => {
    const cwd = await inDirectory('unreachable', config());
    const { code, out } = await strangler(['doctor'], { cwd, environment: nobody });
    expect(code).toBe(3);
    expect(out).toContain('STR_MONOLITH_UNREACHABLE monolith.url: http://127.0.0.1:1 does not answer');
    expect(out).toContain('replication.books-forward');
  });

  test('a taken port is named, with 3', async () => {
    const cwd = await inDirectory('port', config());
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, err } = await strangler(['serve', '--listen', `127.0.0.1:${String(port)}`, '--admin', '0'], { cwd, environment: nobody });
    taken.close();
    expect(code).toBe(3);
    expect(err).toContain('STR_PORT_TAKEN');
    expect(err).toContain(String(port));
  });

  test('a WAL level without logical decoding is named with the statement that mends it, with 3', async () => {
    await using plain = await testServer({ wal_level: 'replica' });
    await using target = await testDatabase('books');
    const cwd = await inDirectory('wal', config());
    const { code, err } = await strangler(['replicate', 'books-forward'], { cwd, environment: { ...nobody, MONOLITH_DATABASE_URL: plain.url(), BOOKS_DATABASE_URL: target.url } });
    expect(code).toBe(3);
    expect(err).toContain('STR_WAL_LEVEL');
    expect(err).toContain('ALTER SYSTEM SET wal_level = logical; then restart the server.');
  });

  test('a wrong directory is named, with 2', async () => {
    const { code, err } = await strangler(['analyze', join(directory, 'nowhere')]);
    expect(code).toBe(2);
    expect(err).toContain('STR_NOT_A_PROJECT');
  });

  test('an admin API that is not there is named, with 3', async () => {
    const cwd = await inDirectory('no-proxy', config());
    const { code, err } = await strangler(['promote', 'books.read', '--why', 'a test', '--execute'], { cwd, environment: nobody });
    expect(code).toBe(3);
    expect(err).toContain('STR_PROXY_UNREACHABLE');
  });

  test('Ctrl-C ends a server cleanly, with 130', async () => {
    const cwd = await inDirectory('interrupt', config());
    const { code } = await strangler(['serve', '--listen', '0', '--admin', '0'], { cwd, environment: nobody, interruptWhen: /listening/ });
    expect(code).toBe(130);
  });
});
