import { describe, expect, test } from '@jest/globals';
import { env, type MigrationConfig } from '@strangler/kernel';
import { connectorEnvironment } from './connector-settings.ts';
import { connectorConfigs, printConnector } from './connector.ts';

const clinic: MigrationConfig = {
  monolith: { source: 'src', url: 'http://clinic', database: env('CLINIC_DATABASE_URL') },
  services: {
    billing: { context: 'Billing', url: 'http://billing', database: 'postgres://billing:s3cret@billing-db:6432/billing', owns: { modules: [], tables: ['invoices', 'outbox'] } },
    wards: { context: 'Wards', url: 'http://wards', database: 'mysql://wards@wards-db/wards', owns: { modules: [], tables: [] } },
  },
  routes: {},
  compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 0, maxLatencyRatio: 1 } },
  replication: {
    'billing-forward': { from: 'monolith', to: 'billing', tables: { 'acct.invoices': { key: ['year', 'number'], omit: ['notes'] }, payments: { key: ['id'] } } },
    'billing-back': { from: 'billing', to: 'monolith', tables: { invoices: { key: ['id'] } } },
    'wards-back': { from: 'wards', to: 'monolith', tables: { beds: { key: ['id'] } } },
  },
};
const connectors = connectorConfigs(clinic);
const config = (file: string): Readonly<Record<string, string>> => connectors.get(file)?.config ?? {};

describe('connectors', () => {
  test('there is one per replication and one per outbox, in the order of their names', () => {
    expect([...connectors.keys()]).toEqual(['billing-back.json', 'billing-forward.json', 'billing-outbox.json', 'wards-back.json']);
  });

  test('capture exactly the mapped tables by their keys, without the omitted columns', () => {
    expect(config('billing-forward.json')).toMatchObject({
      'table.include.list': String.raw`acct\.invoices,public\.payments`,
      'message.key.columns': String.raw`acct\.invoices:year,number;public\.payments:id`,
      'column.exclude.list': String.raw`acct\.invoices\.notes`,
    });
  });

  test('share slot and publication with the embedded source, and take over where it stopped', () => {
    expect(config('billing-forward.json')).toMatchObject({ 'slot.name': 'strangler_billing_forward', 'publication.name': 'strangler_billing_forward', 'snapshot.mode': 'no_data', 'slot.stream.params': 'origin=none' });
  });

  test('hold references to secrets, and never a secret', () => {
    expect(config('billing-forward.json')).toMatchObject({ 'database.hostname': '${env:CLINIC_DATABASE_HOST}', 'database.password': '${env:CLINIC_DATABASE_PASSWORD}' });
    expect(config('billing-back.json')).toMatchObject({ 'database.hostname': 'billing-db', 'database.port': '6432', 'database.password': '${file:/run/secrets/strangler.properties:billing-db.billing.password}' });
    expect([...connectors.values()].map(printConnector).join('')).not.toContain('s3cret');
  });

  test('for MySQL follow the binlog, with a server id that stays the same', () => {
    expect(config('wards-back.json')).toMatchObject({ 'connector.class': 'io.debezium.connector.mysql.MySqlConnector', 'table.include.list': String.raw`wards\.beds`, 'database.port': '3306' });
    expect(config('wards-back.json')['database.server.id']).toBe(connectorConfigs(clinic).get('wards-back.json')?.config['database.server.id']);
  });

  test('for MariaDB name the database by reference where the config does, and leave the reference readable', () => {
    expect(connectorConfigs(clinic, { engines: { monolith: 'mariadb' } }).get('billing-forward.json')?.config['table.include.list']).toBe(String.raw`acct\.invoices,${'${env:CLINIC_DATABASE_NAME}'}\.payments`);
  });

  test('for MariaDB are asked for by name, since an environment variable does not say', () => {
    expect(connectorConfigs(clinic, { engines: { monolith: 'mariadb' } }).get('billing-forward.json')?.config['connector.class']).toBe('io.debezium.connector.mariadb.MariaDbConnector');
  });

  test('say where transactions end and runs begin, for whoever reads whole ones; read by key, they send nothing that has the place of a commit', () => {
    expect(config('billing-forward.json')).toMatchObject({ 'provide.transaction.metadata': 'true', 'notification.sink.topic.name': 'billing-forward.transaction' });
    const byKey = connectorConfigs({ ...clinic, replication: { 'billing-forward': { from: 'monolith', to: 'billing', log: 'kafka', reading: 'keys', tables: { payments: { key: ['id'] } } } } }).get('billing-forward.json')?.config;
    expect(byKey).toMatchObject({ 'provide.transaction.metadata': 'false', 'transforms.quiet.predicate': 'heartbeat', 'message.prefix.include.list': 'strangler,strangler-heartbeat' });
    expect(byKey?.['notification.enabled.channels']).toBeUndefined();
    expect(config('billing-outbox.json')).toMatchObject({ 'transforms': 'quiet,outbox' });
  });

  test('route an outbox by the kind of aggregate', () => {
    expect(config('billing-outbox.json')).toMatchObject({ 'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter', 'transforms.outbox.route.topic.replacement': 'billing.${routedByValue}', 'table.include.list': String.raw`public\.outbox` });
  });
});

test('the environment of Connect is taken apart from the URLs that are set', () => {
  expect(connectorEnvironment(clinic, { CLINIC_DATABASE_URL: 'postgres://ada:p%40ss@db/clinic' })).toEqual({
    CLINIC_DATABASE_HOST: 'db', CLINIC_DATABASE_PORT: '5432', CLINIC_DATABASE_USER: 'ada', CLINIC_DATABASE_PASSWORD: 'p@ss', CLINIC_DATABASE_NAME: 'clinic' });
  expect(connectorEnvironment(clinic, {})).toEqual({});
});
