import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { outboxTable } from '@strangler/migrations';
import { testDatabase } from '@strangler/testkit';
import knex from 'knex';
import pg from 'pg';

/** A service's database with an empty outbox, somebody who writes it, and a directory for the relay's log. */
export interface Outbox {
  readonly url: string;
  readonly client: pg.Client;
  readonly logDirectory: string;
  close(): Promise<void>;
}

export async function outbox(label: string): Promise<Outbox> {
  const database = await testDatabase(label);
  const service = knex({ client: 'pg', connection: database.url });
  await outboxTable(service);
  await service.destroy();
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  const logDirectory = await mkdtemp(join(tmpdir(), 'strangler-relay-'));
  return {
    url: database.url, client, logDirectory,
    close: async () => {
      await client.end();
      await database.close();
      await rm(logDirectory, { recursive: true, force: true });
    },
  };
}

/** @throws Error when it has not come to that in time */
export async function until(isSo: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  for (const deadline = Date.now() + deadlineMs; !await isSo();) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await delay(10);
  }
}
