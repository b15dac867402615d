import { setTimeout as delay } from 'node:timers/promises';
import type { TableMapping } from '@strangler/kernel';
import { DEFAULT_KAFKA, KAFKA_VERSIONS, type KafkaVersion } from '@strangler/local-kafka';
import { connectorConfigs, type KafkaAccess } from '@strangler/migrations';
import { testConnect, testKafka } from '@strangler/testkit';
import type { Pair } from './pair.ts';

/** A broker and a Connect worker, and connectors as `strangler connect` would register them. */
export interface Debezium {
  readonly access: KafkaAccess;
  readonly kafka: Awaited<ReturnType<typeof testKafka>>;
  readonly connect: Awaited<ReturnType<typeof testConnect>>;
  /** Registers the pair's connector; it may still be starting. */
  register(pair: Pick<Pair, 'name' | 'sourceUrl'>, tables: Readonly<Record<string, TableMapping>>, more?: Readonly<Record<string, string>>, reading?: 'transactions' | 'keys'): Promise<void>;
  /** Waits until the connector reads the slot. @throws Error with the task's trace when it failed */
  streams(pair: Pick<Pair, 'name' | 'source'>): Promise<void>;
  /** @throws Error with the task's trace when it failed */
  requireRunning(pair: Pick<Pair, 'name'>): Promise<void>;
  /** Waits until Connect has stored that the connector's own snapshot is done: killed before, it would take it again. */
  snapshotConfirmed(pair: Pick<Pair, 'name'>): Promise<void>;
  unregister(pair: Pick<Pair, 'name'>): Promise<void>;
  stop(): Promise<void>;
}

/** What the two are started with, beyond the broker's settings and the worker's plugins. */
export interface DebeziumOptions {
  readonly version?: KafkaVersion;
  /** The worker's settings on top of ours. */
  readonly worker?: Readonly<Record<string, string>>;
  /** Options of the broker's JVM and of the worker's. */
  readonly jvm?: readonly [broker: readonly string[], worker: readonly string[]];
}

/** `STRANGLER_KAFKA=4.3.0` runs the same tests on the other version. */
function versionToTest(): KafkaVersion {
  const wanted = process.env['STRANGLER_KAFKA'] ?? DEFAULT_KAFKA;
  const version = KAFKA_VERSIONS.find((known) => known === wanted);
  if (version === undefined) throw new Error(`STRANGLER_KAFKA is ${wanted}; we have ${KAFKA_VERSIONS.join(' and ')}`);
  return version;
}

export async function startDebezium(settings: Readonly<Record<string, string>> = {}, plugins?: readonly ('postgres' | 'mariadb' | 'jdbc')[], { version = versionToTest(), worker = {}, jvm = [[], []] }: DebeziumOptions = {}): Promise<Debezium> {
  const kafka = await testKafka({ version, settings, jvm: jvm[0] });
  const connect = await testConnect({ kafka, ...(plugins === undefined ? {} : { plugins: [...plugins] }), settings: { 'offset.flush.interval.ms': '1000', ...worker }, jvm: jvm[1] });
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await fetch(`${connect.url}${path}`, { headers: { 'content-type': 'application/json' }, ...init });
      if (answer.status !== 409 || attempt > 40) return answer;
      await delay(250);
    }
  };
  const requireRunning = async (pair: Pick<Pair, 'name'>): Promise<void> => {
    const { tasks = [] } = await (await ask(`/connectors/${pair.name}/status`)).json() as { tasks?: { state: string; trace?: string }[] };
    const failed = tasks.find(({ state }) => state === 'FAILED');
    if (failed !== undefined) throw new Error(failed.trace?.split('\n').slice(0, 3).join(' / '));
  };
  return {
    access: { brokers: [kafka.bootstrap] }, kafka, connect, requireRunning,
    snapshotConfirmed: async (pair) => {
      for (const until = Date.now() + 60_000; Date.now() < until;) {
        await delay(100);
        const { offsets = [] } = await (await ask(`/connectors/${pair.name}/offsets`)).json() as { offsets?: { offset: Record<string, unknown> }[] };
        if (offsets.length > 0 && offsets.every(({ offset }) => offset['file'] !== undefined && offset['snapshot'] === undefined && offset['snapshot_completed'] !== false)) return;
      }
      throw new Error('the snapshot is not confirmed');
    },
    register: async (pair, tables, more = {}, reading = 'transactions') => {
      const answer = await ask(`/connectors/${pair.name}/config`, { method: 'PUT', body: JSON.stringify({ ...configOf(pair, tables, reading), ...more }) });
      if (!answer.ok) throw new Error(`Connect: ${String(answer.status)} ${await answer.text()}`);
    },
    streams: async (pair) => {
      const slot = `strangler_${pair.name.replaceAll('-', '_')}`;
      for (const until = Date.now() + 60_000; Date.now() < until;) {
        if ((await pair.source.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active', [slot])).rowCount === 1) return;
        await requireRunning(pair);
        await delay(50);
      }
      throw new Error('the connector does not read the slot');
    },
    unregister: async (pair) => {
      await ask(`/connectors/${pair.name}`, { method: 'DELETE' });
    },
    stop: async () => {
      await connect.stop();
      await kafka.stop();
    },
  };
}

function configOf({ name, sourceUrl }: Pick<Pair, 'name' | 'sourceUrl'>, tables: Readonly<Record<string, TableMapping>>, reading: 'transactions' | 'keys'): Readonly<Record<string, string>> {
  const owns = { modules: [], tables: [] };
  const config = connectorConfigs({
    monolith: { source: '.', url: 'http://127.0.0.1', database: sourceUrl }, services: { catalog: { context: 'Catalog', url: 'http://127.0.0.1', database: sourceUrl, owns } }, routes: {},
    compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 0, maxLatencyRatio: 1 } }, replication: { [name]: { from: 'monolith', to: 'catalog', tables, log: 'kafka', reading } },
  }).get(`${name}.json`)?.config ?? {};
  return { ...config, 'database.password': decodeURIComponent(new URL(sourceUrl).password) };
}
