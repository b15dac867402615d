import kafkajs from 'kafkajs';
import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { objectName } from '../../src/capture/slot.ts';
import { kafkaClient, withAdmin } from '../../src/log/kafka-client.ts';
import { follow } from '../../src/log/kafka-fetch.ts';
import { startDebezium, type Debezium } from './debezium.ts';
import { contents, databasePair, type Pair } from './pair.ts';
import { throughKafka, type ThroughKafka } from './through-kafka.ts';

/** A name so long that a message that says it is larger than the same one of `berths`. */
export const LONG = 'cargo_holds_of_the_lower_deck_with_their_seals_and_papers';
const SHIP = { berths: { key: ['id'] }, cabins: { key: ['id'] }, [LONG]: { key: ['id'] } };
/** A row with HUGE does not pass: the connector fails there, and Connect has stored the place of what came before. Too short to be TOASTed. */
export const NARROW = { 'producer.override.max.request.size': '2000' };
export const HUGE = 'x'.repeat(1500);
const WIDE = { 'producer.override.max.request.size': '1048576' };

/** Where the worker stores places (`startConnect`). */
const OFFSETS = 'strangler-connect-offsets';
const COMPACTED = { name: 'cleanup.policy', value: 'compact' };
const ORDINARY = 1_048_576;

const QUICKLY = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** A broker and a worker that notice soon what has ended, and store soon what was sent. */
export const startQuickly = (): Promise<Debezium> => startDebezium({ 'group.min.session.timeout.ms': '500' }, undefined, {
  worker: { 'offset.flush.interval.ms': '100', 'offset.flush.timeout.ms': '500', 'session.timeout.ms': '2000', 'heartbeat.interval.ms': '500' }, jvm: [QUICKLY, QUICKLY],
});

type Settings = Readonly<Record<string, string>>;
type Offset = Readonly<Record<string, unknown>>;

/** A replication whose connector ends and begins again, at a place of the test's choice. */
export class Dock {
  readonly pair: Pair;
  readonly debezium: Debezium;
  private readonly reading: 'transactions' | 'keys';
  /** The session of the transaction that stays open. */
  private readonly open: pg.Client;
  private readonly through: ThroughKafka;
  private readonly xids = new Map<string, string>();

  private constructor(debezium: Debezium, pair: Pair, open: pg.Client, reading: 'transactions' | 'keys') {
    this.debezium = debezium;
    this.pair = pair;
    this.open = open;
    this.reading = reading;
    this.through = throughKafka(debezium, pair, SHIP, reading);
  }

  static async build(debezium: Debezium, reading: 'transactions' | 'keys' = 'transactions'): Promise<Dock> {
    const pair = await databasePair('dock');
    for (const side of [pair.source, pair.target]) await side.query(`CREATE TABLE berths (id int PRIMARY KEY, cabin int, guest text); CREATE TABLE cabins (id int PRIMARY KEY, deck int); CREATE TABLE ${LONG} (id int PRIMARY KEY)`);
    const open = new pg.Client(pair.sourceUrl);
    await open.connect();
    return new Dock(debezium, pair, open, reading);
  }

  async close(): Promise<void> {
    await this.open.end();
    await this.through.close();
  }

  /** The slot is there, the connector is not. */
  async replicate(): Promise<void> {
    await this.through.start();
  }

  register(more: Settings = {}): Promise<void> {
    return this.through.register(more);
  }

  async start(more: Settings = {}): Promise<void> {
    await this.replicate();
    await this.through.connect(more);
    await this.settled();
  }

  /** The sink ends, and another one goes on where the target says. */
  async sinkAgain(): Promise<void> {
    await this.through.running?.stop();
    await this.replicate();
  }

  /** Until the target has what the source had. @throws what stopped the replication */
  settled(): Promise<void> {
    return this.through.settled(60_000);
  }

  /** What the source has and the target has not, and the other way round. */
  async differences(): Promise<{ readonly missing: string[]; readonly extra: string[] }> {
    const [source = [], target = []] = await Promise.all([this.pair.source, this.pair.target].map((side) => rowsOf(side, Object.keys(SHIP))));
    const without = (some: readonly string[], others: ReadonlySet<string>): string[] => some.filter((row) => !others.has(row));
    return { missing: without(source, new Set(target)), extra: without(target, new Set(source)) };
  }

  /** Rows of the source less events of the tables' topics: what the connector has passed over, where each row was inserted and sent once. */
  async unsent(): Promise<number> {
    const rows = await rowsOf(this.pair.source, ['berths', 'cabins']);
    return rows.length - await this.sentOf('berths') - await this.sentOf('cabins');
  }

  private async sentOf(table: string): Promise<number> {
    return withAdmin(kafkaClient(this.debezium.access), async (admin) => {
      const topic = `${this.pair.name}.public.${table}`;
      if (!(await admin.listTopics()).includes(topic)) return 0;
      return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
    });
  }

  /** The largest TRUNCATE of the berths that was sent, in bytes. */
  async truncateSize(): Promise<number> {
    const truncates: number[] = [];
    for await (const fetched of follow(kafkaClient(this.debezium.access), [{ topic: `${this.pair.name}.public.berths`, partition: 0, offset: 0n }], { signal: AbortSignal.timeout(20_000) })) {
      if (fetched.length === 0) break;
      for (const { value } of fetched.flatMap(({ records }) => records)) if (value?.includes('"op":"t"') === true) truncates.push(value.length);
    }
    return Math.max(...truncates);
  }

  /** Until so many events of the berths are in Kafka. */
  sent(events: number): Promise<void> {
    return until('sent', async () => await this.sentOf('berths') >= events);
  }

  /** In the session of the transaction that stays open. */
  async say(sql: string): Promise<void> {
    await this.open.query(sql);
  }

  async begin(name: string, client = this.open): Promise<void> {
    await client.query('BEGIN');
    const { rows: [row] } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
    this.xids.set(name, row?.xid ?? '');
  }

  /** A transaction beside the open one. */
  async whole(name: string, sql: string): Promise<void> {
    await this.begin(name, this.pair.source);
    await this.pair.source.query(`${sql}; COMMIT`);
  }

  /** T1 is open and has written berth 1; T0 commits, and the next thing in the WAL is T1's berth 2. */
  async behindCommit(first = 'one'): Promise<void> {
    await this.begin('T1');
    await this.say(`INSERT INTO berths VALUES (1, 1, '${first}')`);
    await this.whole('T0', 'INSERT INTO cabins VALUES (1, 1)');
    await this.say("INSERT INTO berths VALUES (2, 1, 'directly behind')");
  }

  /** What Connect has stored as the last place; undefined: nothing yet. */
  async offset(): Promise<Offset | undefined> {
    return (await (await this.rest('/offsets')).json() as { offsets?: { offset: Offset }[] }).offsets?.[0]?.offset;
  }

  /** Until what Connect has stored is the place of that transaction's commit; read by key, of its row. */
  storesEndOf(name: string): Promise<void> {
    return until(`${name} is stored`, async () => {
      const { messageType, transaction_id: id, txId } = await this.offset() ?? {};
      return this.reading === 'keys' ? String(txId) === this.xids.get(name) : messageType === 'COMMIT' && id === this.xids.get(name);
    });
  }

  /** As an operator stops it: in peace, with everything stored. */
  async whileStopped(act: () => Promise<unknown>): Promise<void> {
    await this.rest('/stop', 'PUT');
    await until('stopped', async () => (await this.tasks()).length === 0 && await this.slotIsFree());
    await act();
    await this.rest('/resume', 'PUT');
    await until('begun', async () => !await this.slotIsFree() || (await this.tasks()).includes('FAILED'));
  }

  /** Until it has met what it cannot send. */
  fails(): Promise<void> {
    return until('failed', async () => (await this.tasks()).includes('FAILED') && await this.slotIsFree());
  }

  /** Once it has failed the operator lets large messages through, and it begins again. */
  async failsAndIsWidened(): Promise<void> {
    await this.fails();
    await this.register(WIDE);
    await until('running', async () => (await this.tasks()).every((state) => state === 'RUNNING'));
    await this.debezium.streams(this.pair);
  }

  /** The worker dies, and another one takes its place. */
  async kill(): Promise<void> {
    await this.debezium.connect.kill('SIGKILL');
    await this.debezium.connect.restart();
    await this.debezium.streams(this.pair);
  }

  /** The database ends the connector's session; `meanwhile` happens before it has another one. */
  async endSession(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.pair.source.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND slot_name = $1', [this.slot]);
    await until('free', () => this.slotIsFree());
    await meanwhile();
    await until('streaming again', async () => !await this.slotIsFree());
  }

  /** Whoever decodes for the connector stands still meanwhile, as if there were much to decode. */
  async decoderStands(meanwhile: () => Promise<void>): Promise<void> {
    const { rows: [slot] } = await this.pair.source.query<{ pid: number }>('SELECT active_pid AS pid FROM pg_replication_slots WHERE active AND slot_name = $1', [this.slot]);
    if (slot === undefined) throw new Error('nobody decodes');
    process.kill(slot.pid, 'SIGSTOP');
    try {
      await meanwhile();
    } finally {
      process.kill(slot.pid, 'SIGCONT');
    }
  }

  /** Connect stores nothing more, whatever is sent, until the worker is killed; another one takes its place, that does. */
  async killStoringNothing(meanwhile: () => Promise<void>): Promise<void> {
    await this.limit(OFFSETS, 0);
    await meanwhile();
    await this.debezium.connect.kill('SIGKILL');
    await this.limit(OFFSETS, ORDINARY);
    await this.debezium.connect.restart();
    await this.debezium.streams(this.pair);
  }

  /** The transaction topic takes BEGINs and no END, which is larger. */
  async takingNoEnd(meanwhile: () => Promise<void>): Promise<void> {
    await this.limit(`${this.pair.name}.transaction`, 220);
    await meanwhile();
    await this.limit(`${this.pair.name}.transaction`, ORDINARY);
  }

  /** The largest batch that a topic takes. What is not said is set back: a worker wants its own topic compacted. */
  private limit(topic: string, bytes: number): Promise<void> {
    return withAdmin(kafkaClient(this.debezium.access), async (admin) => {
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'max.message.bytes', value: String(bytes) }, ...(topic === OFFSETS ? [COMPACTED] : [])] }] });
    });
  }

  get slot(): string {
    return objectName(this.pair.name);
  }

  private async slotIsFree(): Promise<boolean> {
    return (await this.pair.source.query('SELECT 1 FROM pg_replication_slots WHERE active AND slot_name = $1', [this.slot])).rowCount === 0;
  }

  private async tasks(): Promise<string[]> {
    const { tasks = [] } = await (await this.rest('/status')).json() as { tasks?: { state: string }[] };
    return tasks.map(({ state }) => state);
  }

  private rest(path: string, method = 'GET'): Promise<Response> {
    return fetch(`${this.debezium.connect.url}/connectors/${this.pair.name}${path}`, { method });
  }
}

async function rowsOf(side: pg.Client, tables: readonly string[]): Promise<string[]> {
  const rows: string[] = [];
  for (const table of tables) rows.push(...await contents(side, table));
  return rows;
}

export async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline;) {
    if (await is()) return;
    await delay(50);
  }
  throw new Error(`not ${what}`);
}
