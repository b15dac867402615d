import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withClient, type Scene } from './scene.ts';
import type { SinkSurroundings } from './sink.ts';

const run = promisify(execFile);
const ip = (...args: string[]): Promise<unknown> => run('ip', args);
/** TEST-NET-2 (RFC 5737): nobody's. */
const [HOST, GUEST] = ['198.51.100.1', '198.51.100.2'];
const [SPACE, OUTSIDE, INSIDE] = ['strangler-t', 'strangler-t0', 'strangler-t1'];
let wired = false;

/** A sink in a network namespace of its own, with one wire to both servers, which can be cut without either end being told. Needs root. */
export const cutNetwork = {
  /** Stages that use it start their servers with `listen_addresses = '*'`. */
  wire: async (scene: Scene): Promise<SinkSurroundings> => {
    await ip('netns', 'del', SPACE).catch(() => undefined); // what a killed run left
    await ip('netns', 'add', SPACE);
    wired = true;
    await ip('link', 'add', OUTSIDE, 'type', 'veth', 'peer', 'name', INSIDE, 'netns', SPACE);
    await ip('addr', 'add', `${HOST}/24`, 'dev', OUTSIDE);
    await ip('link', 'set', OUTSIDE, 'up');
    await ip('-n', SPACE, 'addr', 'add', `${GUEST}/24`, 'dev', INSIDE);
    await ip('-n', SPACE, 'link', 'set', INSIDE, 'up');
    await ip('-n', SPACE, 'link', 'set', 'lo', 'up');
    for (const server of [scene.stage.source, scene.stage.target]) {
      await appendFile(join(server.directory, 'pg_hba.conf'), [HOST, GUEST].map((address) => `host all all ${address}/32 scram-sha-256\n`).join(''));
      await withClient(server.url(), (client) => client.query('SELECT pg_reload_conf()'));
    }
    const outside = (url: string): string => url.replace('127.0.0.1', HOST);
    scene.options = { ...scene.options, sourceUrl: outside(scene.options.sourceUrl), targetUrl: outside(scene.options.targetUrl) };
    return { wrapper: ['ip', 'netns', 'exec', SPACE] };
  },
  cut: () => ip('link', 'set', OUTSIDE, 'down'),
  mend: () => ip('link', 'set', OUTSIDE, 'up'),
  unwire: async (): Promise<void> => {
    if (wired) await ip('netns', 'del', SPACE);
    wired = false;
  },
};
