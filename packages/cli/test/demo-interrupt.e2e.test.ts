import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STRANGLER } from './run.ts';

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'strangler-interrupt-'));
  // The database servers of a root run as another user, and must pass through.
  await chmod(temporary, 0o711);
});
afterEach(async () => { await rm(temporary, { recursive: true, force: true }); });

/** Starts the demo as a terminal does, in a process group of its own, and sends a signal once it has come to a step. */
async function interrupted(at: RegExp, send: (pid: number) => void): Promise<{ code: number | null; err: string }> {
  const child = spawn(process.execPath, [STRANGLER, 'demo'], {
    detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] ?? '', TMPDIR: temporary },
  });
  let err = '';
  let sent = false;
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    if (sent || !at.test(err)) return;
    sent = true;
    send(child.pid ?? 0);
  });
  const [code] = await once(child, 'close') as [number | null];
  return { code, err };
}

/** Everything the demo starts names the temporary directory, as an argument or in its environment. */
async function stillRunning(): Promise<string[]> {
  const mine = String(process.pid);
  const found = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== mine).map(async (pid) => {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const [command, environment] = [await read('cmdline'), await read('environ')];
    return `${command}${environment}`.includes(temporary) ? [`${pid} ${command.replaceAll('\0', ' ')}`] : [];
  }));
  return found.flat();
}

async function expectNothingLeft(): Promise<void> {
  expect(await stillRunning()).toEqual([]);
  expect((await readdir(temporary)).filter((name) => name.startsWith('strangler-demo-'))).toEqual([]);
}

test('npm that is told to stop takes the demo with it, although the shell between them tells nobody', async () => {
  const shell = spawn('sh', ['-c', `"${process.execPath}" "${STRANGLER}" demo; exit $?`], {
    stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] ?? '', TMPDIR: temporary, npm_lifecycle_event: 'demo' },
  });
  shell.stderr.once('data', () => { shell.kill('SIGTERM'); });
  // Closes when nobody holds the stream any more: the demo neither.
  await once(shell, 'close');
  await expectNothingLeft();
}, 60_000);

test.each([
  ['Ctrl-C while the databases start', /^ 1 {2}/m, (pid: number) => { process.kill(-pid, 'SIGINT'); }],
  // npm passes on what the terminal has sent already.
  ['Ctrl-C from terminal and npm with all running', /^ 4 {2}/m, (pid: number) => { process.kill(-pid, 'SIGINT'); process.kill(pid, 'SIGINT'); }],
  ['a supervisor that sends SIGTERM to it alone', /^ 3 {2}/m, (pid: number) => { process.kill(pid, 'SIGTERM'); }],
])('%s leaves nothing behind', async (_name, at, send) => {
  const { code, err } = await interrupted(at, send);
  expect({ code, crashed: err.includes('node:internal') }).toEqual({ code: 130, crashed: false });
  await expectNothingLeft();
}, 60_000);
