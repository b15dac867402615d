import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { emitMarker, waitForCheckpoint } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
beforeEach(async () => { pair = await databasePair('vault'); });
afterEach(async () => { await pair.close(); }, 30_000);

/** A certificate of its own for the running server, which takes it without a restart. */
async function encrypt(): Promise<void> {
  const { rows } = await pair.source.query<{ directory: string }>("SELECT current_setting('data_directory') AS directory");
  const { directory = '' } = rows[0] ?? {};
  const [certificate, key] = [join(directory, 'server.crt'), join(directory, 'server.key')];
  await promisify(execFile)('openssl', ['req', '-new', '-x509', '-days', '1', '-nodes', '-subj', '/CN=localhost', '-out', certificate, '-keyout', key]);
  const { uid, gid } = await stat(directory);
  for (const file of [certificate, key]) await chown(file, uid, gid);
  await chmod(key, 0o600);
  await pair.source.query('ALTER SYSTEM SET ssl = on');
  await pair.source.query('SELECT pg_reload_conf()');
  while ((await pair.source.query("SELECT FROM pg_settings WHERE name = 'ssl' AND setting = 'on'")).rowCount === 0) await delay(20);
}

test('a source that is reached by TLS is copied and followed, rows that arrive in pieces of a record and several in one', async () => {
  await encrypt();
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE papers (id int PRIMARY KEY, body text)');
  await pair.source.query("INSERT INTO papers SELECT g, CASE WHEN g % 50 = 0 THEN repeat(md5(g::text), 2000) ELSE md5(g::text) END FROM generate_series(1, 20000) AS g");
  const sourceUrl = `${pair.sourceUrl}?sslmode=no-verify`;
  await using running = await pair.start({ papers: { key: ['id'] } }, { sourceUrl });
  await pair.source.query("UPDATE papers SET body = body || '!' WHERE id % 3 = 0; INSERT INTO papers SELECT g, repeat('x', g % 300) FROM generate_series(20001, 30000) AS g");
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 60_000 });
  const { rows } = await pair.source.query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE backend_type = 'walsender' AND datname = current_database()");
  expect(rows).toEqual([{ ssl: true }]);
  expect(await contents(pair.target, 'papers')).toEqual(await contents(pair.source, 'papers'));
  expect(running.status().rowsSnapshotted).toBe(20_000);
}, 120_000);
