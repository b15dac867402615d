import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testKafka } from '@strangler/testkit';
import { aliveBrokers } from './broker-protocol.ts';
import { findJava } from './java.ts';
import { clusterOf, startKafka } from './kafka.ts';

let directory: string;
beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'strangler-stack-')); });
afterAll(async () => { await rm(directory, { recursive: true, force: true, maxRetries: 5 }); });

/** Java takes its time on two busy cores. */
const SLOW = 180_000;

describe('a broker', () => {
  test('answers in its own protocol, and after kill -9 again on the same port with the same data', async () => {
    await using kafka = await testKafka();
    const { pid, port } = kafka;
    const cluster = await clusterOf(kafka.directory);
    expect(await aliveBrokers(port)).toBe(1);
    await kafka.kill();
    expect(kafka.isRunning()).toBe(false);
    await expect(aliveBrokers(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await kafka.restart();
    expect(kafka.pid).not.toBe(pid);
    expect(await aliveBrokers(port)).toBe(1);
    expect(await clusterOf(kafka.directory)).toBe(cluster);
  }, SLOW);

  test('of the other version answers as well', async () => {
    await using kafka = await testKafka({ version: '4.3.0' });
    expect(await aliveBrokers(kafka.port)).toBe(1);
  }, SLOW);

  test('ends with the process that started it, however that ends; its directory is free at once', async () => {
    const where = join(directory, 'owned');
    const script = `import { startKafka } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
      const kafka = await startKafka({ directory: ${JSON.stringify(where)} }); console.log(JSON.stringify({ pid: kafka.pid, port: kafka.port })); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
    const [said] = await once(owner.stdout, 'data') as [Buffer];
    const { pid, port } = JSON.parse(said.toString()) as { pid: number; port: number };
    await expect(startKafka({ directory: where })).rejects.toMatchObject({ code: 'STR_STACK_RUNNING', message: expect.stringContaining(String(pid)) });
    const gone = once(owner, 'exit');
    owner.kill('SIGKILL');
    await gone;
    await using again = await startKafka({ directory: where, port });
    expect(again.pid).not.toBe(pid);
    expect(await aliveBrokers(port)).toBe(1);
    for (let attempt = 0; attempt < 50 && isAlive(pid); attempt += 1) await delay(100);
    expect(isAlive(pid)).toBe(false);
  }, SLOW);

  test('whose port is taken says so', async () => {
    const other = createServer((socket) => { socket.destroy(); }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startKafka({ directory: join(directory, 'taken'), port })).rejects.toMatchObject({ code: 'STR_PORT_TAKEN', exitCode: 3 });
    other.close();
    await once(other, 'close');
  }, SLOW);

  test('that cannot start shows the end of its log', async () => {
    await expect(startKafka({ directory: join(directory, 'wrong'), settings: { 'log.segment.bytes': 'many' } })).rejects.toMatchObject({ code: 'STR_STACK_FAILED', message: expect.stringContaining('log.segment.bytes') });
  }, SLOW);
});

test('without Java the remedy is the package to install', async () => {
  await expect(findJava({ JAVA_HOME: '/nowhere' })).rejects.toMatchObject({ code: 'STR_NO_JAVA', exitCode: 3, remedy: expect.stringContaining('default-jre-headless') });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
