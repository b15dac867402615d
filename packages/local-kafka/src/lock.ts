import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of a Maven repository and what it must be. */
export interface LockedFile {
  /** `group:name:version[:classifier][@extension]`. */
  readonly artifact: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What is asked for, and every file that follows from it; committed, made anew by `npm run stack:lock`. */
export interface Lock {
  readonly roots: readonly string[];
  readonly files: readonly LockedFile[];
}

/** The broker and Connect, of one version. */
export type KafkaVersion = '3.9.2' | '4.3.0';
export const KAFKA_VERSIONS: readonly KafkaVersion[] = ['3.9.2', '4.3.0'];
export const DEFAULT_KAFKA: KafkaVersion = '3.9.2';

/** Debezium's connectors by the name of their database; `jdbc` is its sink, a peer in the bench. */
export type ConnectorPlugin = 'postgres' | 'mysql' | 'mariadb' | 'jdbc';

/** Maven Central has the mariadb and jdbc plugins of 3.5.0.Final and none newer; the other two are the newest stable ones. */
export const DEBEZIUM: Readonly<Record<ConnectorPlugin, string>> = { postgres: '3.6.1.Final', mysql: '3.6.1.Final', mariadb: '3.5.0.Final', jdbc: '3.5.0.Final' };
export const CONNECTOR_PLUGINS = Object.keys(DEBEZIUM) as readonly ConnectorPlugin[];

export const LOCKS = join(import.meta.dirname, '../locks');

export const kafkaLock = (version: KafkaVersion): Promise<Lock> => read(`kafka-${version}.json`);
export const debeziumLock = (): Promise<Lock> => read('debezium.json');

const read = async (file: string): Promise<Lock> => JSON.parse(await readFile(join(LOCKS, file), 'utf8')) as Lock;

/** The archive of one connector. */
export async function connectorFile(plugin: ConnectorPlugin): Promise<LockedFile> {
  const root = pluginArtifact(plugin);
  const file = (await debeziumLock()).files.find(({ artifact }) => artifact === root);
  if (file === undefined) throw new Error(`${root} is not in locks/debezium.json: run npm run stack:lock.`);
  return file;
}

export const pluginArtifact = (plugin: ConnectorPlugin): string => `io.debezium:debezium-connector-${plugin}:${DEBEZIUM[plugin]}:plugin@tar.gz`;
