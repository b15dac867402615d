import { setTimeout as delay } from 'node:timers/promises';
import { replicate, spareSlotName, type RunningReplication } from '@strangler/migrations';
import kafkajs, { type Admin } from 'kafkajs';
import type { Debezium } from '../test/support/debezium.ts';
import { fill, mappingOf, ORDERS, withClient, type Bench } from './servers.ts';

/** The same changes, captured by a connector of its own into topics of its own; its name is the replication's and the topics' prefix. */
export interface Form {
  readonly name: string;
  readonly partitions: number;
  /** Whether each message carries its schema. Debezium's sink can read no others; the connectors we generate leave it out. */
  readonly schemas: boolean;
}

/** Topics with everything in them, and a target to copy that has none of it yet: every contender begins at the same record with the same rows. */
export interface Captured {
  /** A database with empty tables, and of every replication the checkpoint before the first change. */
  readonly template: string;
  readonly rows: number;
  /** Messages in each form's topic. */
  readonly changes: number;
}

const PER_TRANSACTION = 10;
/** Rows that are changed once more when all is done: spread over all partitions by their keys, they come last in each. */
export const LAST = 64;

const LOAD = `CREATE PROCEDURE load(what text, total int, per int) LANGUAGE plpgsql AS $$ BEGIN
  FOR low IN 1..total BY per LOOP
    IF what = 'new' THEN ${fill('low', 'low + per - 1')};
    ELSE UPDATE orders SET status = what, updated_at = now() WHERE id BETWEEN low AND low + per - 1; END IF;
    COMMIT;
  END LOOP; END $$`;

export const topicOf = ({ name }: Form): string => `${name}.public.orders`;

/** Every order is inserted, then paid, ten to a transaction; Debezium's rate is not what is measured here. */
export async function capture(bench: Bench, debezium: Debezium, forms: readonly Form[], rows: number): Promise<Captured> {
  const { source, sourceUrl, target, name } = bench;
  const captured = { template: `${name}_before`, rows, changes: 2 * rows + LAST };
  await source.query(`${ORDERS}; ${LOAD}`);
  await target.query(`CREATE DATABASE ${captured.template}`);
  await withClient(urlOf(bench, captured.template), (client) => client.query(ORDERS));
  for (const form of forms) await begin(bench, debezium, form, urlOf(bench, captured.template));
  for (const form of forms) await debezium.streams({ name: form.name, source });
  await source.query('SET synchronous_commit = off');
  for (const what of ['new', 'paid']) await source.query('CALL load($1, $2, $3)', [what, rows, PER_TRANSACTION]);
  await source.query('SET synchronous_commit = on');
  await source.query('CALL load($1, $2, $2)', ['last', LAST]);
  await withAdmin(debezium, (admin) => Promise.all(forms.map((form) => untilWritten(admin, topicOf(form), captured.changes))));
  for (const form of forms) await debezium.unregister({ name: form.name });
  return captured;

  /** The replication makes slot, publication and topics as it always does; then its connector takes over. */
  async function begin({ directory }: Bench, { access }: Debezium, form: Form, targetUrl: string): Promise<void> {
    if (form.partitions > 1) await withAdmin(debezium, (admin) => admin.createTopics({ topics: [{ topic: topicOf(form), numPartitions: form.partitions }] }));
    await (await followKafka({ sourceUrl, directory }, { access }, form, targetUrl, 'transactions')).stop();
    await copySlot(bench, spareSlotName(form.name), keptSlot(form));
    await debezium.register({ name: form.name, sourceUrl }, mappingOf('orders').tables, form.schemas ? { 'key.converter.schemas.enable': 'true', 'value.converter.schemas.enable': 'true' } : {});
  }
}

/** A spare slot follows one target; here several begin at the same place, one after another, and each finds it where the first did. */
export async function restoreSpareSlot(bench: Bench, form: Form): Promise<void> {
  await bench.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1', [spareSlotName(form.name)]);
  await copySlot(bench, keptSlot(form), spareSlotName(form.name));
}

const keptSlot = ({ name }: Form): string => `kept_${name.replaceAll('-', '_')}`;

async function copySlot({ source }: Bench, from: string, to: string): Promise<void> {
  await source.query('SELECT pg_copy_logical_replication_slot($1, $2)', [from, to]);
}

export async function followKafka({ sourceUrl, directory }: Pick<Bench, 'sourceUrl' | 'directory'>, { access }: Pick<Debezium, 'access'>, { name }: Form, targetUrl: string, reading: 'transactions' | 'keys'): Promise<RunningReplication> {
  const running = await replicate({ name, sourceUrl, targetUrl, logDirectory: directory, mapping: { ...mappingOf('orders'), log: 'kafka', reading }, startFrom: 'now', kafka: access });
  running.failed.catch((error: unknown) => { console.error(error); });
  return running;
}

/** Another database of the target's server. */
export const urlOf = ({ targetUrl }: Bench, database: string): string => Object.assign(new URL(targetUrl), { pathname: `/${database}` }).href;

async function untilWritten(admin: Admin, topic: string, messages: number): Promise<void> {
  for (const until = performance.now() + 180_000; performance.now() < until;) {
    const partitions = await admin.fetchTopicOffsets(topic);
    if (partitions.reduce((sum, { high }) => sum + Number(high), 0) >= messages) return;
    await delay(100);
  }
  throw new Error(`${topic} did not get its ${String(messages)} messages`);
}

async function withAdmin<T>({ access: { brokers } }: Debezium, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
