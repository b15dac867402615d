/**
 * `node packages/cli/bench/cutover/main.ts [--cutovers N] [--writers N] [--think MS] [--log embedded|kafka]`: cut-overs and rollbacks in turns while callers write through the proxy. Prints one
 * JSON object: what each pause was for the caller that waited longest, and whether both sides hold every acknowledged write exactly once. `npm run bench:data -- --only cutover`
 * runs it and judges the figures. Exits 1 when a request failed, or a write was lost or doubled.
 */
import { parseArgs } from 'node:util';
import { cutOver, emitMarker, verify, waitForCheckpoint, type CutoverPorts, type CutoverReport } from '@strangler/migrations';
import { cutoverPorts } from '../../src/compose/cutover.ts';
import { BACK, FORWARD, setStage, startWriters, withClient, type Stage, type Writers } from './stage.ts';
import type { Ledger } from './writers.ts';

const { values } = parseArgs({ options: { cutovers: { type: 'string', default: '300' }, writers: { type: 'string', default: '32' }, think: { type: 'string', default: '50' }, log: { type: 'string', default: 'embedded' }, steps: { type: 'boolean' } } });


/** Connections, cold code and first plans are nobody's pause; nor is what Java compiles of Connect and Debezium in their first seconds. */
const WARM_UP_MS = values.log === 'kafka' ? 15_000 : 3_000;

interface Round {
  /** The longest wait of any write that was under way during the cut-over. */
  readonly feltMs: number;
  /** The proxy's own figure: from holding to letting go. */
  readonly gateMs: number;
  readonly held: number;
  readonly steps: CutoverReport['steps'];
}

const stage = await setStage(values.log === 'kafka' ? 'kafka' : 'embedded');
const abandon = (): void => { void stage.stop().finally(() => process.exit(130)); };
process.once('SIGINT', abandon);
let failedRequests: string[] = [];
try {
  const writers = startWriters(stage.proxyUrl, Number(values.writers), Number(values.think));
  try {
    await settle(stage, 'forward');
    await new Promise((resolve) => { setTimeout(resolve, WARM_UP_MS); });
    await untilAtEase(stage);
    await writers.report();
    const quiet = await quietWaits(writers);
    const rounds: Round[] = [];
    for (let index = 0; index < Number(values.cutovers); index += 1) rounds.push(await round(stage, writers, index));
    const ledger = await writers.stop();
    const judged = await judge(stage, ledger);
    process.stdout.write(`${JSON.stringify({ rounds: rounds.map(({ steps, ...shown }) => values.steps === true ? { ...shown, steps: Object.fromEntries(steps.map(({ step, ms }) => [step, ms])) } : shown), quietMs: quiet, writes: ledger.orders.reduce((sum, [, changes]) => sum + 1 + changes, 0), failed: failedRequests.length, firstFailed: failedRequests.slice(0, 5), ...judged })}\n`);
    process.exitCode = failedRequests.length === 0 && judged.equal && judged.lost === 0 && judged.doubled === 0 ? 0 : 1;
  } finally {
    writers.kill();
  }
} finally {
  process.off('SIGINT', abandon);
  await stage.stop();
}

/** What callers wait when nothing is cut over. */
async function quietWaits(writers: Writers): Promise<readonly number[]> {
  await new Promise((resolve) => { setTimeout(resolve, 1_500); });
  const { writes, failed } = await writers.report();
  failedRequests = [...failedRequests, ...failed];
  return writes.map(([sent, answered]) => answered - sent);
}

async function round({ config, stateDirectory, admin, databases }: Stage, writers: Writers, index: number): Promise<Round> {
  const mapping = config.replication?.[FORWARD];
  if (mapping === undefined) throw new Error('the config has no forward replication');
  const direction = index % 2 === 0 ? 'forward' as const : 'back' as const;
  const sides = { config, name: FORWARD, mapping, direction, sourceUrl: databases.monolith, targetUrl: databases.orders, stateDirectory };
  const [by, why] = ['bench', 'how long does it take?'];
  await writers.report();
  await using ports = await cutoverPorts({ ...sides, admin, by, why });
  const held = { from: 0, to: 0 };
  const gate: CutoverPorts['gate'] = {
    ...ports.gate, hold: (...asked) => { held.from = now(); return ports.gate.hold(...asked); },
    flip: async (...asked) => { const flipped = await ports.gate.flip(...asked); held.to = now(); return flipped; },
  };
  // A whole comparison before each of hundreds of cut-overs would only take time: all rows are compared at the end.
  const report = await cutOver({ ...sides, tables: ['orders'], deadlineMs: 5_000, ports: { ...ports, gate }, by, why, execute: true, precheck: index === 0 ? 'verify' : 'skip' });
  const { writes, failed, inFlight } = await writers.report();
  failedRequests = [...failedRequests, ...failed];
  const waits = [...writes.filter(([sent, answered]) => answered >= held.from && sent <= held.to).map(([sent, answered]) => answered - sent), ...inFlight.filter((sent) => sent <= held.to).map((sent) => now() - sent)];
  return { feltMs: Math.max(0, ...waits), gateMs: report.pauseMs, held: report.heldRequests, steps: report.steps };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

async function settle({ databases }: Stage, direction: 'forward' | 'back'): Promise<void> {
  const [from, to, name] = direction === 'forward' ? [databases.monolith, databases.orders, FORWARD] : [databases.orders, databases.monolith, BACK];
  await waitForCheckpoint(to, name, await emitMarker(from, 'bench'), { deadlineMs: 120_000 });
}

/** A busy machine may need longer to warm up: until what is written now arrives within a second. */
async function untilAtEase(stage: Stage): Promise<void> {
  for (let tookMs = Number.POSITIVE_INFINITY; tookMs > 1_000;) {
    const started = performance.now();
    await settle(stage, 'forward');
    tookMs = performance.now() - started;
  }
}

async function judge(stage: Stage, { orders }: Ledger): Promise<{ readonly equal: boolean; readonly lost: number; readonly doubled: number }> {
  await settle(stage, 'forward');
  await settle(stage, 'back');
  const mapping = stage.config.replication?.[FORWARD];
  if (mapping === undefined) throw new Error('the config has no forward replication');
  const { kind } = await verify({ mapping, sourceUrl: stage.databases.monolith, targetUrl: stage.databases.orders });
  const acknowledged = new Map(orders.map(([id, changes]) => [String(id), changes]));
  let [lost, doubled] = [0, 0];
  for (const url of [stage.databases.monolith, stage.databases.orders]) {
    const rows = await withClient(url, async (client) => (await client.query<{ id: string; version: number }>('SELECT id, version FROM orders')).rows);
    const found = new Map(rows.map(({ id, version }) => [id, version]));
    for (const [id, changes] of acknowledged) if ((found.get(id) ?? -1) < changes) lost += 1;
    // A change that was made twice shows in the version, an order that was made twice cannot be: its id is the key.
    for (const [id, version] of found) if (version > (acknowledged.get(id) ?? -1)) doubled += 1;
  }
  return { equal: kind === 'Verified', lost, doubled };
}
