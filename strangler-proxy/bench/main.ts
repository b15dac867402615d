import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { end, launch, measure, type Run } from './measure.ts';

/**
 * What the proxy costs beside what one would use otherwise: CPU time per request and throughput, 1 KB answers over kept-alive connections.
 * One launch differs from the next by ±10 %, so every peer is launched several times, in turns, and medians are compared.
 */
const { values: { json, launches, ms } } = parseArgs({ options: { json: { type: 'string' }, launches: { type: 'string', default: '5' }, ms: { type: 'string', default: '2000' } } });
const hasNginx = spawnSync('nginx', ['-v']).status === 0;
const kinds = ['ours', 'ours-shadow', 'plain', ...(hasNginx ? ['nginx'] : [])];
const runs = new Map<string, Run[]>(kinds.map((kind) => [kind, []]));

const upstream = await launch('upstream');
for (let i = 0; i < Number(launches); i += 1) {
  for (const kind of kinds) {
    const server = await launch(kind, upstream.url);
    runs.get(kind)?.push(await measure(server, { connections: 32, warmMs: 1_000, ms: Number(ms) }));
    await end(server);
  }
}
await end(upstream);

const median = (kind: string, what: keyof Run): number => {
  const sorted = (runs.get(kind) ?? []).map((run) => run[what]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

interface Row { readonly name: string; readonly value: number; readonly unit: string; readonly peer: string; readonly ratio: number; readonly goal: string; readonly met: boolean; readonly runs: readonly number[] }

const row = (name: string, kind: string, peer: string, what: 'cpuMicros' | 'perSecond', goal: { atMost: number } | { atLeast: number }): Row => {
  const ratio = median(kind, what) / median(peer, what);
  return {
    name, value: round(median(kind, what)), unit: what === 'cpuMicros' ? 'µs CPU/request' : 'requests/s', peer: `${PEERS[peer] ?? peer} ${String(round(median(peer, what)))}`, ratio: Number(ratio.toFixed(2)),
    goal: 'atMost' in goal ? `≤ ${String(goal.atMost)} ×` : `≥ ${String(goal.atLeast)} ×`, met: 'atMost' in goal ? ratio <= goal.atMost : ratio >= goal.atLeast, runs: (runs.get(kind) ?? []).map((run) => round(run[what])),
  };
};
const PEERS: Readonly<Record<string, string>> = { plain: 'express + http-proxy-middleware', nginx: 'nginx', ours: 'the proxy without a shadow' };
const round = (value: number): number => Math.round(value * 10) / 10;

const rows = [
  row('proxy, route at service', 'ours', 'plain', 'cpuMicros', { atMost: 1.25 }),
  row('proxy, route at service', 'ours', 'plain', 'perSecond', { atLeast: 0.8 }),
  row('proxy, every answer shadowed and compared', 'ours-shadow', 'ours', 'cpuMicros', { atMost: 2.5 }),
  ...(hasNginx ? [row('proxy, route at service', 'ours', 'nginx', 'cpuMicros', { atMost: 12 })] : []),
];
const failed = [...runs.values()].flat().reduce((sum, run) => sum + run.failed, 0);
console.table(rows.map(({ runs: each, ...shown }) => ({ ...shown, runs: each.join(' ') })));
console.log(`${String(availableParallelism())} cores, Node ${process.version}, ${launches} launches of each, ${ms} ms counted, 32 connections, 1 KB answers; failed requests: ${String(failed)}${hasNginx ? '' : '; nginx is not installed, so it was left out'}.`);
if (json !== undefined) await writeFile(json, `${JSON.stringify({ rows, failed }, null, 2)}\n`);
if (failed > 0) process.exitCode = 1;
