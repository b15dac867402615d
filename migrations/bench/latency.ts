import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, openDrain, removeReplication, replicate, waitForCheckpoint, type ReplicationEvent } from '@strangler/migrations';
import { quantile, rowOf, type Goal, type Row } from './row.ts';
import { mappingOf, untilThere, withClient, type Bench } from './servers.ts';

export interface LagOptions {
  readonly runs: number;
  readonly seconds: number;
  /** Transactions per second. */
  readonly rates: readonly number[];
}

export interface LatencyOptions extends LagOptions {
  readonly markers: number;
}

const SESSIONS = 8;

/** Commits `per_second` one-row transactions a second, each durable, at moments that were fixed beforehand: what comes late does not slow the rest down. */
const PACE = `CREATE PROCEDURE pace(per_second float, total int) LANGUAGE plpgsql AS $$ DECLARE
  started timestamptz := clock_timestamp();
  early float;
BEGIN
  FOR n IN 1..total LOOP
    early := n / per_second - extract(epoch FROM clock_timestamp() - started);
    IF early > 0.0002 THEN PERFORM pg_sleep(early); END IF;
    INSERT INTO ticks (at, note) VALUES (clock_timestamp(), repeat('n', 150));
    COMMIT;
  END LOOP; END $$`;

/** How far the target is behind under a steady load, and how soon a mark comes through when all stands still, as it does in a cut-over. */
export async function latency(bench: Bench, { markers, ...options }: LatencyOptions): Promise<Row[]> {
  await prepareTicks(bench);
  const sides = { name: 'bench', sourceUrl: bench.sourceUrl, targetUrl: bench.targetUrl, logDirectory: bench.directory };
  const applied = new AppliedTimes();
  const running = await replicate({ ...sides, mapping: mappingOf('ticks'), startFrom: 'now', onEvent: (event) => { applied.note(event); } });
  try {
    return [...await lags(bench, applied, { ...options, what: 'lag', atMostMs: 25, warmUp: { rate: 200, seconds: 1 } }), ...await markerRows(bench, markers, options.runs)];
  } finally {
    await running.stop();
    await removeReplication(sides);
  }
}

export async function prepareTicks({ source, target }: Bench): Promise<void> {
  await source.query(`CREATE TABLE ticks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, note text); ${PACE}`);
  await target.query('CREATE TABLE ticks (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text)');
}

export interface Lagging extends LagOptions {
  readonly what: string;
  readonly atMostMs: number;
  readonly warmUp: Load;
  /** `bench` by default. */
  readonly replication?: string;
}

/** The lag of a replication of `ticks` that runs and tells `applied`. */
export async function lags(bench: Bench, applied: AppliedTimes, { runs, seconds, rates, what, atMostMs, warmUp, replication = 'bench' }: Lagging): Promise<Row[]> {
  await steady(bench, applied, replication, warmUp);
  const rows: Row[] = [];
  for (const rate of rates) {
    const each: Lags[] = [];
    for (let run = 0; run < runs; run += 1) each.push(await steady(bench, applied, replication, { rate, seconds }));
    rows.push(...lagRows(`${what} at ${String(rate)} tx/s`, rate, each, atMostMs));
  }
  return rows;
}

interface Load { readonly rate: number; readonly seconds: number }
interface Lags { readonly ms: readonly number[]; readonly achieved: number }

/** When each transaction was durable at the target, by the clock that the source's rows carry: one machine, one clock. */
export class AppliedTimes {
  readonly atMs: number[] = [];

  note(event: ReplicationEvent): void {
    if (event.kind !== 'applied') return;
    const now = performance.timeOrigin + performance.now();
    // Read by key nobody counts transactions; each of these has one row.
    for (let n = 0; n < Math.max(event.transactions, event.events); n += 1) this.atMs.push(now);
  }
}

async function steady({ source, target, sourceUrl, targetUrl }: Bench, applied: AppliedTimes, replication: string, { rate, seconds }: Load): Promise<Lags> {
  await source.query('TRUNCATE ticks');
  await waitForCheckpoint(targetUrl, replication, await emitMarker(sourceUrl, 'emptied'), { deadlineMs: 60_000 });
  const total = Math.round(rate * seconds / SESSIONS) * SESSIONS;
  await delay(100); // what was seen at the target is told to us a moment later
  const known = applied.atMs.length;
  await Promise.all(Array.from({ length: SESSIONS }, () => withClient(sourceUrl, (client) => client.query('CALL pace($1, $2)', [rate / SESSIONS, total / SESSIONS]))));
  await untilThere(target, 'SELECT WHERE (SELECT count(*) FROM ticks) = $1', [total]);
  await delay(100);
  const { rows } = await source.query<{ ms: number }>('SELECT extract(epoch FROM at)::float8 * 1000 AS ms FROM ticks ORDER BY at');
  const times = applied.atMs.slice(known);
  if (times.length !== total) throw new Error(`${String(times.length)} transactions were applied of ${String(total)}`);
  const spanMs = (rows.at(-1)?.ms ?? 0) - (rows[0]?.ms ?? 0);
  return { ms: rows.map(({ ms }, index) => (times[index] ?? Number.NaN) - ms), achieved: total / spanMs * 1_000 };
}

function lagRows(what: string, rate: number, runs: readonly Lags[], atMostMs: number): Row[] {
  const achieved = Math.min(...runs.map((run) => run.achieved));
  const name = `${what}${achieved < rate * 0.97 ? ` (the load managed ${achieved.toFixed(0)})` : ''}`;
  const of = (q: number, goal?: Goal): Row => rowOf({ name: `${name}, p${String(q * 100)}`, unit: 'ms', runs: runs.map(({ ms }) => quantile(ms, q)), ...(goal === undefined ? {} : { goal }) });
  return [of(0.5), of(0.99, { atMost: atMostMs })];
}

/** A cut-over's drain over kept sessions, in turns with new connections for each mark. */
async function markerRows({ sourceUrl, targetUrl }: Bench, markers: number, runs: number): Promise<Row[]> {
  await using drain = await openDrain({ sourceUrl, targetUrl, name: 'bench' });
  const kept = { ours: [] as number[][], fresh: [] as number[][] };
  for (let run = 0; run < runs; run += 1) {
    const [ours, fresh] = [[] as number[], [] as number[]];
    for (let n = 0; n < markers; n += 1) {
      ours.push(await milliseconds(async () => { await drain.caughtUp(await drain.marker(), 10_000); }));
      fresh.push(await milliseconds(async () => { await waitForCheckpoint(targetUrl, 'bench', await emitMarker(sourceUrl, 'bench'), { deadlineMs: 10_000 }); }));
    }
    kept.ours.push(ours);
    kept.fresh.push(fresh);
  }
  const at = (runsOf: readonly (readonly number[])[], q: number): number[] => runsOf.map((run) => quantile(run, q));
  return [0.5, 0.99].map((q) => rowOf({ name: `marker → checkpoint, p${String(q * 100)}`, unit: 'ms', runs: at(kept.ours, q), peer: { name: 'a new connection for each', runs: at(kept.fresh, q) }, ratioGoal: { atMost: 1 } }));
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
