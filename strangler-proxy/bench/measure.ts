import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** The path every bench asks for: with us it is a route at the service stage. */
export const PATH = '/things7/1';

export interface Run {
  /** User and system time of the proxy's process(es) per request. */
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly failed: number;
}

export interface Process { readonly child: ChildProcess; readonly url: string; readonly directory: string }

export async function launch(kind: string, upstream = ''): Promise<Process> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-bench-'));
  if (kind === 'nginx') return launchNginx(upstream, directory);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts'), kind, upstream, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => { reject(new Error(`${kind} ended with ${String(code)}`)); });
  });
  return { child, url, directory };
}

export async function end({ child, directory }: Process): Promise<void> {
  const gone = new Promise((resolve) => { child.once('exit', resolve); });
  child.kill('SIGKILL');
  await gone;
  await rm(directory, { recursive: true, force: true });
}

/** `connections` callers without a pause, `warmMs` uncounted and `ms` counted. */
export async function measure({ child, url }: Process, { connections, warmMs, ms }: { connections: number; warmMs: number; ms: number }): Promise<Run> {
  const pool = new Pool(url, { connections, pipelining: 1 });
  let [going, requests, failed] = [true, 0, 0];
  const caller = async (): Promise<void> => {
    while (going) {
      const { statusCode, body } = await pool.request({ path: PATH, method: 'GET' });
      await body.dump();
      requests += 1;
      if (statusCode !== 200) failed += 1;
    }
  };
  const callers = Promise.all(Array.from({ length: connections }, caller));
  await sleep(warmMs);
  const [before, cpuBefore, at] = [requests, await cpuMicros(child.pid ?? 0), performance.now()];
  await sleep(ms);
  const [counted, cpu, seconds] = [requests - before, await cpuMicros(child.pid ?? 0) - cpuBefore, (performance.now() - at) / 1_000];
  going = false;
  await callers;
  await pool.close();
  return { cpuMicros: cpu / counted, perSecond: counted / seconds, failed };
}

/** proc(5): fields 14 and 15, in ticks of 10 ms. */
async function cpuMicros(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** One process in the foreground, so that its time is all there is to count. */
async function launchNginx(upstream: string, directory: string): Promise<Process> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const config = `daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log; events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
upstream up { server ${new URL(upstream).host}; keepalive 64; } server { listen 127.0.0.1:${String(port)}; keepalive_requests 1000000; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`;
  await writeFile(join(directory, 'nginx.conf'), config);
  const child = spawn('nginx', ['-c', join(directory, 'nginx.conf'), '-p', directory], { stdio: 'ignore' });
  await sleep(300);
  return { child, url: `http://127.0.0.1:${String(port)}`, directory };
}
