import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { freePort } from '@strangler/local-postgres';
import { aliveBrokers } from './broker-protocol.ts';
import { javaCommand } from './jvm.ts';
import { DEFAULT_KAFKA, type KafkaVersion } from './lock.ts';
import type { ObtainOptions } from './obtain.ts';
import { startService, writeProperties, type Service } from './service.ts';

export interface KafkaOptions extends ObtainOptions {
  /** Data, settings and log; formatted when empty, started again as it is otherwise. */
  readonly directory: string;
  readonly version?: KafkaVersion;
  /** A free one by default, and the same after `restart`. */
  readonly port?: number;
  /** `server.properties` on top of ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** 256 by default. */
  readonly heapMb?: number;
  /** Options of the JVM on top of ours. */
  readonly jvm?: readonly string[];
}

/** One broker that is its own controller, without ZooKeeper. */
export interface LocalKafka extends Service {
  readonly version: KafkaVersion;
  readonly port: number;
  /** `127.0.0.1:port`, as clients ask for it. */
  readonly bootstrap: string;
}

const START_MS = 60_000;

/**
 * Starts (and, the first time, fetches and formats) a broker. It listens on the loopback interface only.
 * @throws StranglerError STR_NO_JAVA, STR_CHECKSUM, STR_DOWNLOAD_FAILED, STR_PORT_TAKEN, STR_DISK_FULL, STR_STACK_RUNNING, STR_STACK_FAILED
 */
export async function startKafka(options: KafkaOptions): Promise<LocalKafka> {
  const directory = resolve(options.directory);
  const version = options.version ?? DEFAULT_KAFKA;
  const port = options.port ?? await freePort();
  await mkdir(directory, { recursive: true });
  const settings = join(directory, 'server.properties');
  await writeProperties(settings, { ...brokerSettings(directory, port, await freePort()), ...options.settings });
  const program = { version, directory, heapMb: options.heapMb ?? 256 };
  await format(settings, directory, program, options);
  const { command, args } = await javaCommand({ ...program, mainClass: 'kafka.Kafka', args: [settings], jvm: options.jvm ?? [] }, options);
  const service = await startService({
    name: `Kafka ${version}`, directory, command, args, env: process.env, patienceMs: START_MS, isReady: async () => await aliveBrokers(port) > 0,
  });
  return Object.defineProperties({ version, port, bootstrap: `127.0.0.1:${String(port)}` }, Object.getOwnPropertyDescriptors(service)) as LocalKafka;
}

/** One node: nothing can be replicated, and nobody is waited for. */
const brokerSettings = (directory: string, port: number, controllerPort: number): Record<string, string> => ({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': `1@127.0.0.1:${String(controllerPort)}`,
  'controller.listener.names': 'CONTROLLER',
  'listeners': `PLAINTEXT://127.0.0.1:${String(port)},CONTROLLER://127.0.0.1:${String(controllerPort)}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${String(port)}`,
  'log.dirs': join(directory, 'data'),
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  // A broker that was killed is registered until its session ends, and its successor waits for that; the default is 9 s.
  'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500',
});

/** A directory is formatted once. @throws StranglerError STR_STACK_FAILED */
async function format(settings: string, directory: string, program: { version: KafkaVersion; directory: string; heapMb: number }, options: ObtainOptions): Promise<void> {
  if (await stat(join(directory, 'data', 'meta.properties')).then(() => true, () => false)) return;
  const { command, args } = await javaCommand({ ...program, mainClass: 'kafka.tools.StorageTool', args: ['format', `--cluster-id=${clusterId()}`, '-c', settings] }, options);
  try {
    await promisify(execFile)(command, args, { cwd: directory });
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    const full = (stdout + stderr).includes('No space left on device');
    throw new StranglerError({
      code: full ? 'STR_DISK_FULL' : 'STR_STACK_FAILED', message: `Kafka could not format ${directory}: ${(stderr || stdout).trim().split('\n').filter((line) => !/^\s+at |^\t/.test(line)).slice(-3).join(' / ')}`,
      remedy: full ? 'Make room, or choose another directory.' : 'Choose an empty directory that may be written.', exitCode: ExitCode.environment, cause });
  }
}

/** Kafka's ids are UUIDs in base64url. */
const clusterId = (): string => Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');

/** What a broker was formatted as; undefined before its first start. */
export const clusterOf = async (directory: string): Promise<string | undefined> =>
  /^cluster\.id=(.+)$/m.exec(await readFile(join(directory, 'data', 'meta.properties'), 'utf8').catch(() => ''))?.[1];
