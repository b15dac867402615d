import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from '@strangler/local-postgres';
import { javaCommand } from './jvm.ts';
import type { LocalKafka } from './kafka.ts';
import { DEFAULT_KAFKA, type ConnectorPlugin, type KafkaVersion } from './lock.ts';
import type { ObtainOptions } from './obtain.ts';
import { unpackPlugins } from './plugins.ts';
import { startService, writeProperties, type Service } from './service.ts';

export interface ConnectOptions extends ObtainOptions {
  readonly directory: string;
  /** The broker it stores everything in. */
  readonly kafka: Pick<LocalKafka, 'bootstrap'> & { readonly version?: KafkaVersion };
  /** The broker's by default. */
  readonly version?: KafkaVersion;
  /** The connectors it can run; Debezium's for PostgreSQL by default. */
  readonly plugins?: readonly ConnectorPlugin[];
  readonly port?: number;
  /** What `${env:NAME}` in a connector's config becomes, on top of our own environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** `connect-distributed.properties` on top of ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** 512 by default. */
  readonly heapMb?: number;
  /** Options of the JVM on top of ours. */
  readonly jvm?: readonly string[];
}

/** One worker of Kafka Connect. */
export interface LocalConnect extends Service {
  readonly version: KafkaVersion;
  readonly port: number;
  /** Of its REST API. */
  readonly url: string;
}

const START_MS = 120_000;

/**
 * Starts (and, the first time, fetches) a Connect worker whose offsets and connectors live in the broker's topics, so that a worker that starts again goes on.
 * @throws StranglerError STR_NO_JAVA, STR_CHECKSUM, STR_DOWNLOAD_FAILED, STR_PORT_TAKEN, STR_DISK_FULL, STR_STACK_RUNNING, STR_STACK_FAILED
 */
export async function startConnect(options: ConnectOptions): Promise<LocalConnect> {
  const directory = resolve(options.directory);
  const version = options.version ?? options.kafka.version ?? DEFAULT_KAFKA;
  const port = options.port ?? await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  await mkdir(directory, { recursive: true });
  const settings = join(directory, 'connect-distributed.properties');
  const pluginPath = await unpackPlugins(options.plugins ?? ['postgres'], options);
  await writeProperties(settings, { ...workerSettings(options.kafka.bootstrap, port), 'plugin.path': pluginPath.join(','), ...options.settings });
  const { command, args } = await javaCommand({ version, directory, heapMb: options.heapMb ?? 512, mainClass: 'org.apache.kafka.connect.cli.ConnectDistributed', args: [settings], jvm: options.jvm ?? [] }, options);
  const service = await startService({
    name: `Kafka Connect ${version}`, directory, command, args, patienceMs: START_MS, isReady: () => answers(url),
    env: { ...process.env, ...options.environment, KAFKA_BROKERS: options.kafka.bootstrap, ...options.variables },
  });
  return Object.defineProperties({ version, port, url }, Object.getOwnPropertyDescriptors(service)) as LocalConnect;
}

/** The REST server is up before the worker has joined its group; a list of connectors is answered only afterwards. */
const answers = async (url: string): Promise<boolean> => (await fetch(`${url}/connectors`, { signal: AbortSignal.timeout(5_000) })).ok;

const workerSettings = (bootstrap: string, port: number): Record<string, string> => ({
  'bootstrap.servers': bootstrap,
  'group.id': 'strangler-connect',
  'config.storage.topic': 'strangler-connect-configs', 'config.storage.replication.factor': '1',
  'offset.storage.topic': 'strangler-connect-offsets', 'offset.storage.replication.factor': '1', 'offset.storage.partitions': '4',
  'status.storage.topic': 'strangler-connect-status', 'status.storage.replication.factor': '1', 'status.storage.partitions': '2',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter', 'key.converter.schemas.enable': 'false',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter', 'value.converter.schemas.enable': 'false',
  'listeners': `http://127.0.0.1:${String(port)}`, 'rest.advertised.host.name': '127.0.0.1', 'rest.advertised.port': String(port),
  // Every plugin of the lock has manifests; looking into each class of each jar for those that have none takes longer than the rest of the start.
  'plugin.discovery': 'service_load',
  // Connector configs name secrets by these two; the worker resolves them.
  'config.providers': 'env,file',
  'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
  'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
  'offset.flush.interval.ms': '5000',
  // One worker: when it was killed, nobody else takes its tasks, and its successor must not wait for it.
  'session.timeout.ms': '6000', 'heartbeat.interval.ms': '2000', 'scheduled.rebalance.max.delay.ms': '0',
});
