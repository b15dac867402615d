import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STRANGLER, strangler } from './run.ts';

const MONOLITH = fileURLToPath(new URL('../../../monolith', import.meta.url));
let directory: string;
let monolith: Server;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drafted-'));
  monolith = createServer((request, response) => { response.end(`monolith answers ${String(request.url)}`); }).listen(0, '127.0.0.1');
  await once(monolith, 'listening');
});
afterAll(async () => {
  monolith.close();
  await rm(directory, { recursive: true, force: true });
});

describe('the config drafted for one context of the shop', () => {
  test('a context that is not there is refused with the one that was meant', async () => {
    const { code, err } = await strangler(['init', MONOLITH, '--context', 'catalgo'], { cwd: directory });
    expect(code).toBe(2);
    expect(err).toContain('Did you mean catalog?');
  });

  test('is served as it is: every request still goes to the monolith', async () => {
    expect(await strangler(['init', MONOLITH, '--context', 'catalog', '--execute'], { cwd: directory })).toMatchObject({ code: 0 });
    const draft = await readFile(join(directory, 'strangler.config.ts'), 'utf8');
    expect([...draft.matchAll(/^ {4}'?([\w-]+)'?: \{$/gm)].map(([, name]) => name)).toEqual(['catalog', 'catalog-forward', 'catalog-back']);
    const url = `http://127.0.0.1:${String((monolith.address() as AddressInfo).port)}`;
    const proxy = spawn(process.execPath, [STRANGLER, 'serve', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'], { cwd: directory, env: { PATH: process.env['PATH'] ?? '', MONOLITH_URL: url, CATALOG_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(proxy.stdout, 'data') as [Buffer];
    const { url: served } = JSON.parse(line.toString()) as { url: string };
    expect(await (await fetch(`${served}/api/products`)).text()).toBe('monolith answers /api/products');
    proxy.kill('SIGINT');
    expect((await once(proxy, 'close'))[0]).toBe(130);
  });
});
