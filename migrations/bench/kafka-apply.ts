import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Debezium } from '../test/support/debezium.ts';
import { cpuSeconds } from './cpu.ts';
import { startJdbcSink } from './jdbc-sink.ts';
import { followKafka, LAST, topicOf, urlOf, type Captured, type Form, restoreSpareSlot } from './kafka-capture.ts';
import { median, rowOf, type Row } from './row.ts';
import { secondsSince, withClient, type Bench } from './servers.ts';

/** Captured alike but for the partitions, each message with its schema: what both sinks can read. */
const ONE = { name: 'one', partitions: 1, schemas: true } as const;
const TWO = { name: 'two', partitions: 2, schemas: true } as const;
const FOUR = { name: 'four', partitions: 4, schemas: true } as const;
/** As our connectors write it. */
const PLAIN = { name: 'plain', partitions: 1, schemas: false } as const;
export const FORMS: readonly Form[] = [ONE, TWO, FOUR, PLAIN];

/** A sink and the topics it reads. */
interface Contender {
  readonly reads: Form;
  readonly by: 'whole transactions' | 'by key' | 'JDBC sink';
}

const OURS: readonly Contender[] = [
  { reads: ONE, by: 'whole transactions' }, { reads: PLAIN, by: 'whole transactions' }, { reads: ONE, by: 'by key' }, { reads: TWO, by: 'by key' }, { reads: FOUR, by: 'by key' },
];
const PEERS: readonly Contender[] = [{ reads: ONE, by: 'JDBC sink' }, { reads: FOUR, by: 'JDBC sink' }];

/** Of the orders: what connects, plans and compiles while they come is not counted, on either side. */
const PRIMED = 0.25;
const LOOK_EVERY_MS = 5;

interface Found {
  readonly perSecond: number;
  /** Microseconds per row of the sink, where there is /proc: our process, or Connect's worker. */
  readonly cpu: number | undefined;
}

/** Rows per second from topics that hold everything already into a fresh target; the contenders in turns. */
export async function applying(bench: Bench, debezium: Debezium, captured: Captured, runs: number): Promise<Row[]> {
  const found = new Map<Contender, Found[]>([...OURS, ...PEERS].map((contender) => [contender, []]));
  // Java compiles what is hot while it runs: the first turn is nobody's figure.
  for (const contender of [...OURS.slice(0, 1), ...PEERS.slice(0, 1)]) await measured(bench, debezium, captured, contender);
  for (let run = 0; run < runs; run += 1) {
    for (const [contender, each] of run % 2 === 0 ? found : [...found].toReversed()) each.push(await measured(bench, debezium, captured, contender));
  }
  const rates = (contender: Contender): number[] => (found.get(contender) ?? []).map(({ perSecond }) => perSecond);
  const peerOf = ({ reads }: Contender): Contender | undefined => PEERS.find((peer) => peer.reads.partitions === reads.partitions);
  const rows = OURS.map((contender) => {
    const peer = peerOf(contender);
    return rowOf({
      name: `Kafka → PostgreSQL, ${named(contender)}`, unit: 'rows/s', runs: rates(contender),
      ...(peer === undefined ? {} : { peer: { name: `Debezium's JDBC sink, tasks: ${String(peer.reads.partitions)}${contender.reads === PLAIN ? ', topics with schemas' : ''}`, runs: rates(peer) }, ratioGoal: { atLeast: 3 } }),
    });
  });
  const [byKey, ...more] = OURS.filter(({ by }) => by === 'by key');
  const growth = more.map((contender) => rowOf({
    name: `by key, ${String(contender.reads.partitions)} partitions against 1, one process on ${String(availableParallelism())} cores`, unit: '×', runs: rates(contender).map((rate) => rate / median(byKey === undefined ? [] : rates(byKey))),
  }));
  return [...rows, ...growth, ...costs(found)];
}

function named({ reads, by }: Contender): string {
  const partitions = `${String(reads.partitions)} partition${reads.partitions === 1 ? '' : 's'}`;
  return by === 'whole transactions' ? `${by}${reads.schemas ? '' : ', messages without schemas'}` : `${by}, ${partitions}`;
}

function costs(found: ReadonlyMap<Contender, readonly Found[]>): Row[] {
  const of = (contender: Contender | undefined): number[] => (contender === undefined ? [] : found.get(contender) ?? []).flatMap(({ cpu }) => cpu ?? []);
  const [ours, plain] = OURS;
  const peer = { name: "Connect's worker with the JDBC sink", runs: of(PEERS[0]) };
  if (peer.runs.length === 0) return [];
  return [rowOf({ name: 'CPU time of our sink, the same topics', unit: 'µs/row', runs: of(ours), peer }), rowOf({ name: 'CPU time of our sink, messages without schemas', unit: 'µs/row', runs: of(plain), peer })];
}

async function measured(bench: Bench, debezium: Debezium, { template, rows, changes }: Captured, contender: Contender): Promise<Found> {
  const database = `${bench.name}_run`;
  const targetUrl = urlOf(bench, database);
  await bench.target.query(`CREATE DATABASE ${database} TEMPLATE ${template}`);
  try {
    const running = await start(bench, debezium, contender, targetUrl);
    try {
      return await withClient(targetUrl, async (target) => {
        const look = async (text: string, value: number): Promise<void> => {
          for (const until = performance.now() + 120_000; performance.now() < until;) {
            if ((await target.query(text, [value])).rowCount !== 0) return;
            await delay(LOOK_EVERY_MS);
          }
          throw new Error(`${named(contender)}: not there within two minutes: ${text}`);
        };
        await look('SELECT FROM orders WHERE id = $1', Math.round(rows * PRIMED));
        const [started, before] = [performance.now(), await spent(debezium, contender)];
        const { rows: [there] } = await target.query<{ count: number }>('SELECT count(*)::int FROM orders');
        await look("SELECT WHERE (SELECT count(*) FROM orders WHERE id <= $1 AND status = 'last') = $1", LAST);
        const [seconds, after] = [secondsSince(started), await spent(debezium, contender)];
        const applied = changes - (there?.count ?? 0);
        return { perSecond: applied / seconds, cpu: before === undefined || after === undefined ? undefined : (after - before) * 1e6 / applied };
      });
    } finally {
      await running.stop();
    }
  } finally {
    await bench.target.query(`DROP DATABASE ${database} WITH (FORCE)`);
  }
}

async function start(bench: Bench, debezium: Debezium, { reads, by }: Contender, targetUrl: string): Promise<{ stop(): Promise<void> }> {
  if (by === 'JDBC sink') return startJdbcSink(debezium, { topic: topicOf(reads), tasks: reads.partitions, targetUrl });
  if (by === 'whole transactions') await restoreSpareSlot(bench, reads);
  return followKafka(bench, debezium, reads, targetUrl, by === 'by key' ? 'keys' : 'transactions');
}

/** CPU seconds of whoever reads Kafka. */
async function spent({ connect }: Debezium, { by }: Contender): Promise<number | undefined> {
  const cpu = await cpuSeconds([connect.pid]);
  return by === 'JDBC sink' ? cpu?.servers : cpu?.node;
}
