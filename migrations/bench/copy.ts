import { setTimeout as delay } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { emitMarker, removeReplication, replay, replicate, waitForCheckpoint } from '@strangler/migrations';
import { from, to } from 'pg-copy-streams';
import { rowOf, type Row } from './row.ts';
import { fill, mappingOf, ORDERS, secondsSince, type Bench } from './servers.ts';

/** The first copy of a table against a bare COPY pipe, and the log that it and some changes after it leave, applied once more. */
export async function copying(bench: Bench, { runs, rows }: { runs: number; rows: number }): Promise<Row[]> {
  for (const client of [bench.source, bench.target]) await client.query(ORDERS);
  await bench.source.query(fill('1', String(rows)));
  await bench.source.query('ANALYZE orders');
  const [ours, pipe] = [[] as number[], [] as number[]];
  const spent = { ours: [] as number[], pipe: [] as number[] };
  for (let run = 0; run < runs; run += 1) {
    ours.push(rows / await empty(bench, () => counted(bench, spent.ours, () => snapshot(bench, rows))));
    pipe.push(rows / await empty(bench, () => counted(bench, spent.pipe, () => copyPipe(bench))));
  }
  return [
    rowOf({ name: 'snapshot', unit: 'rows/s', runs: ours, peer: { name: 'COPY TO STDOUT | COPY FROM STDIN', runs: pipe }, ratioGoal: { atLeast: 0.8 } }),
    ...(spent.ours.length === 0 ? [] : [rowOf({ name: 'CPU time: snapshot', unit: 'µs/row', runs: spent.ours.map((micros) => micros / rows), peer: { name: 'COPY pipe', runs: spent.pipe.map((micros) => micros / rows) } })]),
    rowOf({ name: 'replay from the start into a schema', unit: 'events/s', runs: await replays(bench, runs, rows) }),
  ];
}

async function empty(bench: Bench, work: () => Promise<number>): Promise<number> {
  await bench.target.query('TRUNCATE orders');
  for (const client of [bench.source, bench.target]) await client.query('CHECKPOINT');
  return work();
}

/** Notes the CPU time that the work took, in microseconds. */
async function counted(bench: Bench, into: number[], work: () => Promise<number>): Promise<number> {
  const before = await bench.cpu();
  const result = await work();
  const after = await bench.cpu();
  if (before !== undefined && after !== undefined) into.push((after.node + after.servers - before.node - before.servers) * 1e6);
  return result;
}

const sides = ({ sourceUrl, targetUrl, directory }: Bench): { name: string; sourceUrl: string; targetUrl: string; logDirectory: string } => ({ name: 'bench', sourceUrl, targetUrl, logDirectory: directory });

/** From the call until every row is durable at the target and the replication follows: slot, log and checkpoints included. */
async function snapshot(bench: Bench, rows: number): Promise<number> {
  const started = performance.now();
  const running = await replicate({ ...sides(bench), mapping: mappingOf('orders') });
  while (running.status().phase === 'snapshot') await Promise.race([delay(1), running.failed]);
  const seconds = secondsSince(started);
  const copied = running.status().rowsSnapshotted;
  await running.stop();
  if (copied !== rows) throw new Error(`${String(copied)} rows were copied of ${String(rows)}`);
  await removeReplication(sides(bench));
  return seconds;
}

async function copyPipe({ source, target }: Bench): Promise<number> {
  const started = performance.now();
  await pipeline(source.query(to('COPY orders TO STDOUT')), target.query(from('COPY orders FROM STDIN')));
  return secondsSince(started);
}

async function replays(bench: Bench, runs: number, rows: number): Promise<number[]> {
  await bench.target.query('TRUNCATE orders');
  const running = await replicate({ ...sides(bench), mapping: mappingOf('orders') });
  for (let low = 1; low <= rows; low += 100) await bench.source.query({ name: 'change', text: "UPDATE orders SET status = 'paid' WHERE id BETWEEN $1 AND $1 + 99 AND id % 3 = 0", values: [low] });
  await waitForCheckpoint(bench.targetUrl, 'bench', await emitMarker(bench.sourceUrl, 'changed'), { deadlineMs: 120_000 });
  await running.stop();
  const perSecond: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    const { events } = await replay({ ...sides(bench), mapping: mappingOf('orders'), from: 'start', intoSchema: `again_${String(run)}`, execute: true });
    perSecond.push(events / secondsSince(started));
  }
  await removeReplication(sides(bench));
  return perSecond;
}
