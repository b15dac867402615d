import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';
import { emitMarker, type ReplicateOptions } from '@strangler/migrations';
import pg from 'pg';
import { LEDGER_KEY, watch } from '../history/audit.ts';
import { check, type Verdict } from '../history/check.ts';
import { readHistory } from '../history/history.ts';
import { BANK, BANK_KEYS, openBank } from './load.ts';
import { dismissSinks, SinkProcess, type SinkSurroundings } from './sink.ts';

/** A server that can be killed and comes back at its address. */
export interface Server {
  url(database?: string): string;
  readonly pid: number;
  readonly directory: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Two servers, fsync on, and a place for files. */
export interface Stage extends AsyncDisposable {
  readonly source: Server;
  readonly target: Server;
  readonly directory: string;
}

export async function openStage(settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-faults-'));
  await chmod(directory, 0o755); // the servers run as another user when we are root
  const servers = await Promise.all(['source', 'target'].map((name) => server(join(directory, name), settings)));
  const [source, target] = servers;
  if (source === undefined || target === undefined) throw new Error('two servers');
  return { source, target, directory, [Symbol.asyncDispose]: async () => {
    dismissSinks();
    await Promise.all(servers.map((each) => each.stop()));
    await rm(directory, { recursive: true, force: true });
  } };
}

async function server(directory: string, settings: Readonly<Record<string, string>>): Promise<Server & { stop(): Promise<void> }> {
  let running: LocalPostgres = await startPostgres({ directory, settings, ownGroup: true });
  const { port } = running;
  return {
    url: (database) => running.url(database), directory,
    get pid() { return running.pid; },
    kill: () => running.kill(),
    start: async () => { running = await startPostgres({ directory, settings, port, ownGroup: true }); },
    stop: () => running.stop(),
  };
}

/** One replication of the bank between two new databases of a stage, watched from its first row on. */
export class Scene implements AsyncDisposable {
  readonly stage: Stage;
  readonly database: string;
  options: ReplicateOptions;
  /** What sinks said that ended by themselves. */
  readonly complaints: string[] = [];
  private current: SinkProcess | undefined;
  private surroundings: SinkSurroundings | undefined;

  private constructor(stage: Stage, database: string) {
    this.stage = stage;
    this.database = database;
    const tables = Object.fromEntries(Object.entries({ ...BANK_KEYS, ledger: LEDGER_KEY }).map(([table, key]) => [table, { key: [...key] }]));
    this.options = {
      name: database.replaceAll('_', '-'), mapping: { from: 'bank', to: 'branch', tables }, sourceUrl: stage.source.url(database), targetUrl: stage.target.url(database),
      logDirectory: join(stage.directory, 'log'),
    };
  }

  /** The tables are copied empty, so that every row that follows is in a history. */
  static async open(stage: Stage, label: string, adapt: (scene: Scene) => Promise<SinkSurroundings | undefined> = () => Promise.resolve(undefined), join: (scene: Scene) => Promise<void> = () => Promise.resolve()): Promise<Scene> {
    const scene = new Scene(stage, `${label}_${randomBytes(3).toString('hex')}`);
    for (const side of [stage.source, stage.target]) {
      await withClient(side.url(), (client) => client.query(`CREATE DATABASE ${scene.database}`));
      await withClient(side.url(scene.database), async (client) => { await client.query(BANK); await watch(client, BANK_KEYS); });
    }
    await scene.startSink(await adapt(scene)).running;
    await join(scene);
    await scene.streams();
    await scene.onSource(openBank);
    return scene;
  }

  /** A copy that is broken off begins anew, then with rows in it, in pieces that are no source transactions: the histories could not be compared. Copies under kills are `kill.e2e.test.ts`. */
  private async streams(): Promise<void> {
    for (let attempt = 0; attempt < 1_200; attempt += 1) {
      const { rows } = await this.onTarget((client) => client.query<{ phase: string }>('SELECT phase FROM strangler.checkpoint WHERE replication = $1', [this.options.name])).catch(() => ({ rows: [] }));
      if (rows[0]?.phase === 'streaming') return;
      await this.keepSink();
      await delay(50);
    }
    throw new Error(`the copy did not end: ${this.sink.said}`);
  }

  get sink(): SinkProcess {
    if (this.current === undefined) throw new Error('no sink was started');
    return this.current;
  }

  /** In the surroundings of the last one unless others are named. */
  startSink(surroundings = this.surroundings): SinkProcess {
    this.surroundings = surroundings;
    this.current = new SinkProcess(this.options, surroundings);
    return this.current;
  }

  /** One that ended by itself is noted and started again, as a supervisor would. */
  async keepSink(): Promise<void> {
    if (!this.sink.hasEnded) return;
    this.complaints.push(this.sink.gaveUp);
    await this.startSink().running;
    await delay(200);
  }

  /** By loopback, whatever way the sink takes. */
  onSource<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.stage.source.url(this.database), work);
  }

  onTarget<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.stage.target.url(this.database), work);
  }

  /**
   * Waits until the target's ledger is as long as the source's, as long as it grows within `patienceMs`; the check says what it means when it does not.
   * @returns how many source transactions the sink had not come to by then: late is not lost, and a checkpoint that is past them would be a loss and no lateness
   */
  async settle(patienceMs = 60_000): Promise<number> {
    const length = async (client: pg.Client): Promise<number> => Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM ledger')).rows[0]?.n);
    const wanted = await this.onSource(length);
    const end = await emitMarker(this.stage.source.url(this.database), 'settle');
    let [reached, until] = [0, performance.now() + patienceMs];
    while (reached < wanted && performance.now() < until) {
      await this.keepSink();
      const now = await this.onTarget(length);
      if (now > reached) [reached, until] = [now, performance.now() + patienceMs];
      else await delay(50);
    }
    return reached < wanted && !await this.isPast(end) ? wanted - reached : 0;
  }

  /** Whether the target's checkpoint says that everything before `lsn` was applied. */
  async isPast(lsn: bigint): Promise<boolean> {
    const { rows } = await this.onTarget((client) => client.query<{ at: string }>('SELECT (commit_lsn - $1::pg_lsn)::text AS at FROM strangler.checkpoint WHERE replication = $2', ['0/0', this.options.name]));
    return BigInt(rows[0]?.at ?? '0') >= lsn;
  }

  /** Ends the sink and judges by both databases' own histories. `late`: see `settle`; with any of them there is no verdict on loss yet. */
  async judge(patienceMs?: number): Promise<Verdict & { readonly late: number }> {
    const late = await this.settle(patienceMs);
    await this.sink.end('SIGTERM');
    const [source, target] = [await this.onSource((client) => readHistory(client, BANK_KEYS)), await this.onTarget((client) => readHistory(client, BANK_KEYS))];
    return { ...check(source, target), late };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.current?.end('SIGKILL');
    for (const side of [this.stage.source, this.stage.target]) {
      await withClient(side.url(), async (client) => {
        await client.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = $1 AND active_pid IS NOT NULL', [this.database]);
        for (let attempt = 0; attempt < 50; attempt += 1) {
          if (await client.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1', [this.database]).then(() => true, () => false)) break;
          await delay(20);
        }
        await client.query(`DROP DATABASE ${this.database} WITH (FORCE)`);
      });
    }
    await rm(join(this.options.logDirectory, this.options.name), { recursive: true, force: true });
  }
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
