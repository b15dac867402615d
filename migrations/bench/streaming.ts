import { removeReplication, replicate } from '@strangler/migrations';
import { geometricMean, rowOf, type Row } from './row.ts';
import { fill, mappingOf, ORDERS, secondsSince, untilThere, type Bench } from './servers.ts';

export interface StreamingOptions {
  readonly runs: number;
  /** Rows of a cell, by rows per transaction. */
  readonly rows: Readonly<Record<1 | 100, number>>;
}

/** Rows of each kind that take connecting, catalogs and cold code with them before anything is counted, for either side: a replication runs for weeks. */
const PRIMED = { 1: 20_000, 100: 100_000 } as const;

const CELLS = ([1, 100] as const).flatMap((per) => (['insert', 'update', 'delete'] as const).map((what) => ({ per, what, name: `${what}, ${per === 1 ? '1 row' : '100 rows'} per transaction` })));

/** Runs on the source's server, so that committing takes this process no time. */
const LOAD = `CREATE PROCEDURE load(what text, total int, per int) LANGUAGE plpgsql AS $$ BEGIN
  FOR low IN 1..total BY per LOOP
    IF what = 'insert' THEN ${fill('low', 'low + per - 1')};
    ELSIF what = 'update' THEN UPDATE orders SET status = 'paid', updated_at = now() WHERE id BETWEEN low AND low + per - 1;
    ELSE DELETE FROM orders WHERE id BETWEEN low AND low + per - 1; END IF;
    COMMIT;
  END LOOP; END $$`;

/**
 * Rows per second from the first commit at the source until the last row is durable at the target, while the source goes on committing as fast as it can; against
 * PostgreSQL's own logical replication between the same servers, in turns.
 */
export async function streaming(bench: Bench, { runs, rows }: StreamingOptions): Promise<Row[]> {
  await bench.source.query(`${ORDERS}; CREATE TABLE marks (id bigint PRIMARY KEY); ${LOAD}`);
  await bench.target.query(`${ORDERS}; CREATE TABLE marks (id bigint PRIMARY KEY)`);
  const found = { ours: new Map<string, number[]>(), native: new Map<string, number[]>() };
  const spent = { ours: new Map<string, number[]>(), native: new Map<string, number[]>() };
  for (let run = 0; run < runs; run += 1) {
    const turns = [['ours', startOurs], ['native', startNative]] as const;
    for (const [peer, start] of run % 2 === 0 ? turns : turns.toReversed()) {
      for (const client of [bench.source, bench.target]) await client.query('TRUNCATE orders');
      for (const client of [bench.source, bench.target]) await client.query('CHECKPOINT'); // both meet the same full-page writes
      const stream = await start(bench);
      try {
        for (const { what, per } of CELLS) await seconds(bench, stream, what, PRIMED[per], per);
        for (const { name, what, per } of CELLS) {
          const before = await bench.cpu();
          note(found[peer], name, rows[per] / await seconds(bench, stream, what, rows[per], per));
          const after = await bench.cpu();
          if (before !== undefined && after !== undefined) note(spent[peer], name, (after.node + after.servers - before.node - before.servers) * 1e6 / rows[per]);
        }
      } finally {
        await stream.stop();
      }
    }
  }
  const cells = CELLS.map(({ name }) => rowOf({
    name: `streaming: ${name}`, unit: 'rows/s', runs: found.ours.get(name) ?? [], peer: { name: 'CREATE SUBSCRIPTION', runs: found.native.get(name) ?? [] }, ratioGoal: { atLeast: 1 },
  }));
  const costs = CELLS.flatMap(({ name }) => spent.ours.has(name) ? [rowOf({
    name: `CPU time: ${name}`, unit: 'µs/row', runs: spent.ours.get(name) ?? [], peer: { name: 'CREATE SUBSCRIPTION', runs: spent.native.get(name) ?? [] },
  })] : []);
  return [...cells, geometricMean('streaming: geometric mean of the six', cells, { atLeast: 1.3 }), ...costs];
}

const note = (into: Map<string, number[]>, name: string, value: number): void => { into.set(name, [...into.get(name) ?? [], value]); };

/** A running replication of `orders` and `marks`. */
interface Stream {
  /** Resolves when what shows at the target is durable there, up to this position of the source. */
  durable(lsn: string): Promise<void>;
  stop(): Promise<void>;
}

async function seconds(bench: Bench, stream: Stream, what: string, total: number, per: number): Promise<number> {
  const started = performance.now();
  await bench.source.query('SET synchronous_commit = off');
  await bench.source.query('CALL load($1, $2, $3)', [what, total, per]);
  await bench.source.query('SET synchronous_commit = on');
  await arrived(bench, stream);
  return secondsSince(started);
}

let mark = 0;
/** Both kinds keep the order of commits: when the mark is there, so is all before it. */
async function arrived({ source, target }: Bench, stream: Stream): Promise<void> {
  mark += 1;
  await source.query('INSERT INTO marks VALUES ($1)', [mark]);
  const { rows: [position] } = await source.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn');
  await untilThere(target, 'SELECT FROM marks WHERE id = $1', [mark]);
  await stream.durable(position?.lsn ?? '');
}

/** The last batch of a backlog commits synchronously, and its commit flushes all that lies before it: when the mark shows, everything is durable. */
async function startOurs({ sourceUrl, targetUrl, directory }: Bench): Promise<Stream> {
  const sides = { name: 'bench', sourceUrl, targetUrl, logDirectory: directory };
  const running = await replicate({ ...sides, mapping: mappingOf('orders', 'marks'), startFrom: 'now' });
  running.failed.catch((error: unknown) => { console.error(error); });
  return {
    durable: () => Promise.resolve(),
    stop: async () => {
      await running.stop();
      await removeReplication(sides);
    },
  };
}

/** Commits asynchronously, as a subscription does unless told otherwise; it tells the source's slot what its WAL writer has flushed. */
async function startNative({ sourceUrl, source, target }: Bench): Promise<Stream> {
  await source.query('CREATE PUBLICATION bench FOR TABLE orders, marks');
  await target.query(`CREATE SUBSCRIPTION bench CONNECTION '${sourceUrl}' PUBLICATION bench WITH (copy_data = false)`);
  return {
    durable: (lsn) => untilThere(source, "SELECT FROM pg_replication_slots WHERE slot_name = 'bench' AND confirmed_flush_lsn >= $1::pg_lsn", [lsn]),
    stop: async () => {
      await target.query('DROP SUBSCRIPTION bench');
      await source.query('DROP PUBLICATION bench');
    },
  };
}
