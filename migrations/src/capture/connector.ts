import type { MigrationConfig, ReplicationConfig, Setting } from '@strangler/kernel';
import { databaseSettings, type DatabaseSettings } from './connector-settings.ts';
import { HEARTBEAT_PREFIX, MARKER_PREFIX } from './pgoutput.ts';
import { objectName } from './slot.ts';
import { capturedTables, parseTableRef, tableName } from './table-ref.ts';

/** The body of Kafka Connect's `POST /connectors`; its `config` alone is the body of `PUT /connectors/<name>/config`. */
export interface ConnectorConfig {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

export type Engine = 'postgres' | 'mysql' | 'mariadb';

export interface ConnectorOptions {
  /** By side (`monolith`, or a service); default: what its URL's scheme says, else PostgreSQL. */
  readonly engines?: Readonly<Record<string, Engine>>;
  /** Where the worker finds the passwords of URLs that are written out; `/run/secrets/strangler.properties` by default. */
  readonly secretsFile?: string;
  /**
   * Slot and publication of names of their own (`debezium_…`), for a Kafka that is fed beside the embedded replication. By default they are the embedded source's, so
   * that either can take over where the other stopped.
   */
  readonly beside?: boolean;
}

/** Debezium's own names for what both kinds of connector share. Values stay exact: nothing becomes a float or loses its zone (checked against Debezium 3.6). */
const EXACT_VALUES = {
  'decimal.handling.mode': 'string',
  'binary.handling.mode': 'base64',
  'time.precision.mode': 'isostring',
} as const;

const TRANSPORT = {
  'tasks.max': '1',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'key.converter.schemas.enable': 'false',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
  // Otherwise a NULL in a column that has a default arrives as the default (KIP-581).
  'key.converter.replace.null.with.default': 'false',
  'value.converter.replace.null.with.default': 'false',
  'header.converter.replace.null.with.default': 'false',
  // The old key of a row whose key changed travels in a header.
  'header.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'header.converter.schemas.enable': 'false',
  // A change that cannot be read stops the connector; skipping it would lose it without a word.
  'errors.tolerance': 'none',
  'event.processing.failure.handling.mode': 'fail',
} as const;

const CHANGES = {
  'provide.transaction.metadata': 'true',
  // Truncates too: left out by default, they would leave the copy full.
  'skipped.operations': 'none',
  'tombstones.on.delete': 'true',
} as const;

/**
 * One Debezium connector per replication, and one per service with an outbox (a service that owns a table `outbox`), by file name. Pure: secrets stay references
 * that Connect resolves. Slot and publication are those of the embedded source, so that either can take over where the other stopped; the snapshot is ours,
 * hence `no_data`.
 */
export function connectorConfigs(config: MigrationConfig, options: ConnectorOptions = {}): ReadonlyMap<string, ConnectorConfig> {
  const origin = (side: string, database: Setting): Origin => {
    const engine = options.engines?.[side] ?? engineOf(database);
    return { engine, database: databaseSettings(database, engine, options.secretsFile), beside: options.beside === true };
  };
  const replications = Object.entries(config.replication ?? {}).map(([name, replication]) => {
    const { database } = replication.from === 'monolith' ? config.monolith : config.services[replication.from] ?? config.monolith;
    return changes(name, replication, origin(replication.from, database));
  });
  const outboxes = Object.entries(config.services)
    .filter(([, { owns }]) => owns.tables.some((table) => parseTableRef(table).table === 'outbox'))
    .map(([name, { database, owns }]) => outbox(name, origin(name, database), owns.tables.filter((table) => parseTableRef(table).table === 'outbox')));
  return new Map([...replications, ...outboxes].sort((a, b) => a.name < b.name ? -1 : 1).map((connector) => [`${connector.name}.json`, connector]));
}

/** The database a connector reads. */
interface Origin {
  readonly engine: Engine;
  readonly database: DatabaseSettings;
  readonly beside: boolean;
}

/** What each side's URL says where the environment has it: a config that only names the variable does not. */
export function enginesOf(config: MigrationConfig, environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, Engine>> {
  const sides = { monolith: config.monolith, ...config.services };
  return Object.fromEntries(Object.entries(sides).flatMap(([side, { database }]) => {
    const url = typeof database === 'string' ? database : environment[database.env];
    return url === undefined ? [] : [[side, engineOf(url)]];
  }));
}

/** As committed: keys sorted, so that a change of the config is a readable diff. */
export const printConnector = ({ name, config }: ConnectorConfig): string =>
  `${JSON.stringify({ name, config: Object.fromEntries(Object.entries(config).sort(([a], [b]) => a < b ? -1 : 1)) }, undefined, 2)}\n`;

function changes(name: string, replication: ReplicationConfig, { engine, database, beside }: Origin): ConnectorConfig {
  const tables = Object.entries(replication.tables).map(([table, mapping]) => ({ name: qualified(table, database, engine), ...mapping }));
  // What a part of a split table needs is not left out because another part does.
  const omitted = [...capturedTables(replication).values()].flatMap((table) => [...table.omit].map((column) => `${qualified(tableName(table.ref), database, engine)}\\.${regex(column)}`));
  return {
    name,
    config: {
      ...TRANSPORT, ...EXACT_VALUES, ...CHANGES,
      ...(engine === 'postgres' ? postgres(name, database, { makesItsOwn: beside, beside }) : binlog(name, engine, database)),
      'topic.prefix': name,
      'table.include.list': tables.map((table) => table.name).join(','),
      'message.key.columns': tables.map((table) => `${table.name}:${table.key.join(',')}`).join(';'),
      ...(omitted.length === 0 ? {} : { 'column.exclude.list': omitted.join(',') }),
      ...transactionTopic(name),
      ...(engine === 'postgres' ? (replication.reading === 'keys' ? { ...NO_PLACE_AT_A_COMMIT, 'provide.transaction.metadata': 'false' } : saysWhenItBegins(name)) : {}),
    },
  };
}

function postgres(connector: string, { host, port, user, password, name }: DatabaseSettings, { makesItsOwn, beside }: { readonly makesItsOwn: boolean; readonly beside: boolean }): Record<string, string> {
  const object = beside ? objectName(connector).replace(/^strangler_/, 'debezium_') : objectName(connector);
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'plugin.name': 'pgoutput',
    'database.hostname': host, 'database.port': port, 'database.user': user, 'database.password': password, 'database.dbname': name,
    'slot.name': object,
    'publication.name': object,
    // A replication's are made by `strangler replicate`; made by the connector they would begin too late, and without the partitions' roots.
    'publication.autocreate.mode': makesItsOwn ? 'filtered' : 'disabled',
    // A slot that was made anew behind what Connect has stored: fail, and lose nothing in silence. One that somebody has read on is not refused (Debezium 3.6 compares restart_lsn).
    'offset.mismatch.strategy': 'trust_offset',
    'slot.drop.on.stop': 'false',
    // PostgreSQL 17 keeps the slot on its standbys; older servers ignore it.
    'slot.failover': 'true',
    // What replication itself wrote is not sent back (PostgreSQL 16+): two directions at once would echo for ever.
    'slot.stream.params': 'origin=none',
    // Such a producer has a number of its own in every batch it writes: by it a transaction is known in whose middle the connector ended and began again.
    'producer.override.enable.idempotence': 'true',
    'snapshot.mode': 'no_data',
    'interval.handling.mode': 'string',
    // isostring turns 24:00:00 into 00:00:00 and an infinite date into a finite one.
    'time.precision.mode': 'microseconds',
    // The converter writes bytes as base64 anyway; asked for base64, Debezium writes NULL where a TOASTed value did not change.
    'binary.handling.mode': 'bytes',
    // Four headers on every message that say what its source says anyway.
    'extended.headers.enabled': 'false',
    // How long a change may lie in the connector before it is handed to Kafka.
    'poll.interval.ms': '5',
    // A type Debezium does not know would be left out without a word; this way it arrives as base64, and its cast in the target fails loudly.
    'include.unknown.datatypes': 'true',
    // A message needs no table, and moves the slot on while the captured tables are quiet: otherwise the WAL grows.
    'heartbeat.interval.ms': '10000',
    'heartbeat.action.query': `SELECT pg_logical_emit_message(false, '${HEARTBEAT_PREFIX}', '')`,
    'message.prefix.include.list': MARKER_PREFIX,
    'signal.enabled.channels': 'source',
    'signal.data.collection': 'strangler.debezium_signal',
  };
}

function binlog(name: string, engine: 'mysql' | 'mariadb', { host, port, user, password, name: schema }: DatabaseSettings): Record<string, string> {
  return {
    'connector.class': engine === 'mysql' ? 'io.debezium.connector.mysql.MySqlConnector' : 'io.debezium.connector.mariadb.MariaDbConnector',
    'database.hostname': host, 'database.port': port, 'database.user': user, 'database.password': password,
    'database.include.list': schema,
    'database.server.id': String(serverId(name)),
    'snapshot.mode': 'initial',
    // isostring sends NULL for a TIME below 0 or above 24 hours, and only logs it.
    'time.precision.mode': 'adaptive_time_microseconds',
    'binary.handling.mode': 'bytes',
    // Whether base64 is bytes, or -1 is 2^64-1, is known from the source's types, which travel with each row.
    'value.converter.schemas.enable': 'true',
    'key.converter.schemas.enable': 'true',
    'column.propagate.source.type': '.*',
    'extended.headers.enabled': 'false',
    'include.schema.changes': 'false',
    'heartbeat.interval.ms': '10000',
    'schema.history.internal.kafka.bootstrap.servers': '${env:KAFKA_BROKERS}',
    'schema.history.internal.kafka.topic': `${name}.schema-history`,
  };
}

function outbox(service: string, { database, beside }: Origin, tables: readonly string[]): ConnectorConfig {
  const name = connectorName(service);
  return {
    name,
    config: {
      ...TRANSPORT, ...AS_TEXT, ...postgres(name, database, { makesItsOwn: true, beside }), ...NO_PLACE_AT_A_COMMIT,
      'topic.prefix': name,
      'table.include.list': tables.map((table) => regex(tableName(parseTableRef(table)))).join(','),
      // What lies in the outbox already is to be shipped too; what was, is shipped twice at worst, under the same id.
      'snapshot.mode': 'initial',
      // Deleting a shipped row is housekeeping, not news.
      'skipped.operations': 'u,d,t',
      'tombstones.on.delete': 'false',
      'transforms': `${NO_PLACE_AT_A_COMMIT.transforms},outbox`,
      'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
      'transforms.outbox.route.by.field': 'aggregatetype',
      'transforms.outbox.route.topic.replacement': `${service}.\${routedByValue}`,
      'transforms.outbox.table.field.event.id': 'id',
      'transforms.outbox.table.field.event.key': 'aggregateid',
      'transforms.outbox.table.field.event.type': 'type',
      'transforms.outbox.table.field.event.payload': 'payload',
      'transforms.outbox.table.fields.additional.placement': 'type:header:eventType,created_at:header:occurredAt',
    },
  };
}

/** An outbox's connector; its slot and publication are named after it. */
export const connectorName = (service: string): string => `${service}-outbox`;

/** A payload travels as the text that the database has: expanded to a schema it would lose nulls and long numbers. The embedded relay sends the same. */
const AS_TEXT = {
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'header.converter': 'org.apache.kafka.connect.storage.StringConverter',
} as const;

/** Transactions are put together again in the order of this topic, so it has one partition. */
const transactionTopic = (name: string): Record<string, string> => ({
  'topic.creation.default.partitions': '-1',
  'topic.creation.default.replication.factor': '-1',
  'topic.creation.groups': 'transaction',
  'topic.creation.transaction.include': `${regex(name)}\\.transaction`,
  'topic.creation.transaction.partitions': '1',
  'topic.creation.transaction.replication.factor': '-1',
});

/** Each run of the connector says that it begins, where the ENDs of transactions are: what it ends first is not believed (`Regrouper`). */
const saysWhenItBegins = (name: string): Record<string, string> => ({ 'notification.enabled.channels': 'sink', 'notification.sink.topic.name': `${name}.transaction` });

/**
 * Where Debezium 3.6 finds its place again by the LSN of a COMMIT, it may pass over a transaction that was open then (`Regrouper`); by that of a row or of a message outside of transactions it does not. So
 * nothing with the place of a COMMIT is sent: no heartbeat, which has it, but the message that each heartbeat writes into the WAL.
 */
const NO_PLACE_AT_A_COMMIT = {
  'transforms': 'quiet',
  'transforms.quiet.type': 'org.apache.kafka.connect.transforms.Filter',
  'transforms.quiet.predicate': 'heartbeat',
  'predicates': 'heartbeat',
  'predicates.heartbeat.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
  'predicates.heartbeat.pattern': String.raw`__debezium-heartbeat\..*`,
  'message.prefix.include.list': `${MARKER_PREFIX},${HEARTBEAT_PREFIX}`,
} as const;

/** Debezium's lists are anchored regular expressions. */
const regex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** A table as Debezium's lists name it. In MySQL the database takes the schema's place; a reference to its name is none of the expression, and stays as it is. */
function qualified(table: string, { name }: DatabaseSettings, engine: Engine): string {
  if (engine === 'postgres') return regex(tableName(parseTableRef(table)));
  return table.includes('.') ? regex(table) : `${name.startsWith('${') ? name : regex(name)}\\.${regex(table)}`;
}

function engineOf(database: Setting): Engine {
  const scheme = typeof database === 'string' ? /^([a-z]+):/.exec(database)?.[1] : undefined;
  return scheme === 'mysql' || scheme === 'mariadb' ? scheme : 'postgres';
}

/** Every reader of a binlog needs a number of its own; the same name always gets the same one (FNV-1a, RFC 9923). */
function serverId(name: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  return 100_000 + hash % 900_000;
}
