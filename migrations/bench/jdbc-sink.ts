import { randomBytes } from 'node:crypto';
import type { Debezium } from '../test/support/debezium.ts';

export interface JdbcSink {
  stop(): Promise<void>;
}

/**
 * Debezium's own sink as it does best here: many rows to a statement, one row per key and batch, as many records to a poll as to a batch, a task per partition. Each
 * time under a new name, so that it reads from the first record on.
 */
export async function startJdbcSink({ connect }: Debezium, { topic, tasks, targetUrl }: { topic: string; tasks: number; targetUrl: string }): Promise<JdbcSink> {
  const { hostname, port, pathname, username, password } = new URL(targetUrl);
  const connector = `${connect.url}/connectors/jdbc-${randomBytes(4).toString('hex')}`;
  await ask(`${connector}/config`, 'PUT', {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'tasks.max': String(tasks), 'topics': topic,
    // Decimals travel as texts, so that none loses a digit: the server is to take them for what the column is. (The sink's `unnest` casts them
    // to text, which the server refuses; on topics with binary decimals it took the same CPU time within a tenth.)
    'connection.url': `jdbc:postgresql://${hostname}:${port}${pathname}?stringtype=unspecified&reWriteBatchedInserts=true`,
    'connection.username': decodeURIComponent(username), 'connection.password': decodeURIComponent(password),
    'collection.name.format': '${source.schema}.${source.table}', 'schema.evolution': 'none',
    'insert.mode': 'upsert', 'delete.enabled': 'true', 'primary.key.mode': 'record_key', 'use.reduction.buffer': 'true',
    'batch.size': '2000', 'consumer.override.max.poll.records': '2000',
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter', 'key.converter.schemas.enable': 'true',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter', 'value.converter.schemas.enable': 'true',
  });
  return { stop: () => ask(connector, 'DELETE') };
}

async function ask(url: string, method: string, body?: object): Promise<void> {
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`Connect: ${String(answer.status)} ${await answer.text()}`);
}
