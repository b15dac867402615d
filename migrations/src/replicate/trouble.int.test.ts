import { readdir, rm } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { emitMarker, openEmbeddedLog, readCheckpoint, removeReplication, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { setTimeout as delay } from 'node:timers/promises';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
const FILMS = { films: { key: ['id'] } };

beforeEach(async () => {
  pair = await databasePair('cinema');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text, seats int)');
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g, g FROM generate_series(1, 10) AS g");
});
afterEach(async () => { await pair.close(); });

const slot = (): string => `strangler_${pair.name.replaceAll('-', '_')}`;
const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 20_000 }); };
const failure = (running: RunningReplication): Promise<unknown> => Promise.race([running.failed.catch((error: unknown) => error), delay(20_000, 'nothing failed', { ref: false })]);

describe('a second sink', () => {
  test('is refused while the first one runs', async () => {
    const running = await pair.start(FILMS);
    await expect(pair.start(FILMS, { logDirectory: `${pair.logDirectory}/other` })).rejects.toMatchObject({ code: 'STR_SINK_ACTIVE', exitCode: 3 });
    await running.stop();
  });

  test('fences off the first one when the first one has lost its session without noticing', async () => {
    const running = await pair.start(FILMS);
    await settled();
    await pair.target.query('UPDATE strangler.checkpoint SET epoch = epoch + 1');
    await pair.source.query("UPDATE films SET title = 'late'");
    expect(await failure(running)).toMatchObject({ code: 'STR_SINK_ACTIVE' });
    expect(await contents(pair.target, 'films')).not.toContain('(1,late,1)');
    await running.stop();
  });
});

describe('a row that cannot be applied', () => {
  test('stops the replication and is named; mended, it goes on with nothing skipped', async () => {
    const running = await pair.start(FILMS);
    await settled();
    await pair.target.query('ALTER TABLE films ADD CONSTRAINT few_seats CHECK (seats < 100)');
    await pair.source.query("BEGIN; UPDATE films SET title = 'fine' WHERE id = 1; UPDATE films SET seats = 500 WHERE id = 2; COMMIT; UPDATE films SET title = 'later' WHERE id = 3");
    expect(await failure(running)).toMatchObject({ code: 'STR_APPLY_FAILED', exitCode: 3, message: expect.stringMatching(/public\.films \(id = 2\).*few_seats/) });
    expect(running.status().phase).toBe('stopped');
    expect(await contents(pair.target, 'films')).toContain('(1,"Film 1",1)');
    await running.stop();

    await pair.target.query('ALTER TABLE films DROP CONSTRAINT few_seats');
    const again = await pair.start(FILMS);
    await settled();
    expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
    await again.stop();
  });

  test('is a row that somebody else deleted from the target', async () => {
    const running = await pair.start(FILMS);
    await settled();
    await pair.target.query('DELETE FROM films WHERE id = 4');
    await pair.source.query("UPDATE films SET title = 'gone' WHERE id = 4");
    expect(await failure(running)).toMatchObject({ code: 'STR_APPLY_FAILED', message: expect.stringContaining('(id = 4)') });
    await running.stop();
  });
});

describe('a target', () => {
  test('that is lost in every large batch gets smaller ones, and catches up', async () => {
    const first = await pair.start(FILMS);
    await settled();
    await first.stop();
    // Ends the session of whoever brings more than fifty rows at once, as a memory limit or an impatient operator would.
    await pair.target.query(`CREATE FUNCTION too_much() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF (SELECT count(*) > 50 FROM fresh) THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END';
      CREATE TRIGGER too_much AFTER INSERT ON films REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION too_much(); ALTER TABLE films ENABLE ALWAYS TRIGGER too_much`);
    await pair.source.query("DO $$ BEGIN FOR n IN 11..600 LOOP INSERT INTO films VALUES (n, 'Film ' || n, n); COMMIT; END LOOP; END $$");
    let lost = 0;
    const again = await pair.start(FILMS, { onEvent: (event) => { if (event.kind === 'trouble' && event.side === 'target') lost += 1; } });
    await Promise.race([settled(), again.failed]);
    await again.stop();
    expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
    expect(lost).toBeGreaterThan(1);
  });
});

describe('a slot', () => {
  test('that was dropped is reported, never made anew', async () => {
    const running = await pair.start(FILMS);
    await settled();
    await running.stop();
    await pair.source.query('SELECT pg_drop_replication_slot($1)', [slot()]);
    await expect(pair.start(FILMS)).rejects.toMatchObject({ code: 'STR_SLOT_MISSING', exitCode: 3 });
    expect((await pair.source.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1', [slot()])).rowCount).toBe(0);
  });

  test('that somebody dropped and made again is noticed', async () => {
    const running = await pair.start(FILMS);
    await settled();
    await running.stop();
    await pair.source.query('SELECT pg_drop_replication_slot($1)', [slot()]);
    await pair.source.query("UPDATE films SET title = 'nobody saw this'");
    await pair.source.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slot()]);
    await expect(pair.start(FILMS)).rejects.toMatchObject({ code: 'STR_SLOT_ADVANCED' });
  });

  test('holds no WAL for a source that writes only what we do not copy', async () => {
    await pair.source.query('CREATE TABLE noise (n int)');
    const running = await pair.start(FILMS);
    await settled();
    const confirmed = async (): Promise<string> => (await pair.source.query<{ l: string }>('SELECT confirmed_flush_lsn AS l FROM pg_replication_slots WHERE slot_name = $1', [slot()])).rows[0]?.l ?? '';
    await pair.source.query('INSERT INTO noise SELECT generate_series(1, 20000)');
    const { rows: [{ l: written } = { l: '' }] } = await pair.source.query<{ l: string }>('SELECT pg_current_wal_lsn() AS l');
    const behind = async (): Promise<boolean> => (await pair.source.query<{ behind: boolean }>('SELECT $1::pg_lsn < $2::pg_lsn AS behind', [await confirmed(), written])).rows[0]?.behind ?? true;
    for (const until = Date.now() + 30_000; await behind() && Date.now() < until;) await delay(200);
    expect(await behind()).toBe(false);
    await running.stop();
    const again = await pair.start(FILMS); // and what was confirmed that way is no reason to suspect the slot
    await again.stop();
  }, 60_000);
});

describe('the change log', () => {
  test('that is not the one the target was fed from is refused', async () => {
    const running = await pair.start(FILMS);
    await settled();
    await running.stop();
    await expect(pair.start(FILMS, { logDirectory: `${pair.logDirectory}/elsewhere` })).rejects.toMatchObject({ code: 'STR_LOG_MISSING' });
  });

  test('on a full disk stops the replication; nothing was acknowledged, so nothing is lost', async () => {
    let full = false;
    const openFile = async (path: string) => {
      const file = await open(path, 'r+').catch(() => open(path, 'wx+'));
      return {
        write: ((...args: Parameters<typeof file.write>) => (full ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })) : file.write(...args))) as typeof file.write,
        datasync: () => file.datasync(), truncate: (length?: number) => file.truncate(length), close: () => file.close(),
      };
    };
    const running = await pair.start(FILMS, { log: { openFile } });
    await settled();
    full = true;
    await pair.source.query("UPDATE films SET title = 'while full'");
    expect(await failure(running)).toMatchObject({ code: 'STR_DISK_FULL', exitCode: 3 });
    await running.stop();
    const again = await pair.start(FILMS);
    await settled();
    expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
    await again.stop();
  });

  test('of an earlier life is kept aside when a replication starts over', async () => {
    const first = await pair.start(FILMS);
    await settled();
    await first.stop();
    // Where each partition of Kafka was applied by itself it had an origin of its own; another replication's begins alike.
    const [partition, stranger] = [`${slot()}:${pair.name}.public.films/0`, `${slot()}_more`];
    for (const origin of [partition, stranger]) await pair.target.query('SELECT pg_replication_origin_create($1)', [origin]);
    expect((await removeReplication({ name: pair.name, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl })).map(({ what }) => what)).toEqual(['slot', 'publication', 'checkpoint', 'origin']);
    expect((await pair.target.query("SELECT roname FROM pg_replication_origin WHERE starts_with(roname, $1)", [slot()])).rows).toEqual([{ roname: stranger }]);
    await pair.target.query('SELECT pg_replication_origin_drop($1)', [stranger]);
    await pair.target.query('TRUNCATE films');
    const second = await pair.start(FILMS);
    await settled();
    await second.stop();
    const directories = (await readdir(pair.logDirectory)).sort();
    expect(directories).toEqual([pair.name, expect.stringMatching(/\.before-/)]);
    const log = await openEmbeddedLog(join(pair.logDirectory, directories[1] ?? ''), { readOnly: true });
    expect((await log.extent()).head).toBeDefined();
    await log.close();
    await rm(join(pair.logDirectory, directories[1] ?? ''), { recursive: true });
  });
});

test('lost connections on both sides are taken up again, and nothing is lost', async () => {
  const running = await pair.start(FILMS);
  await settled();
  for (let round = 0; round < 3; round += 1) {
    await pair.source.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL", [slot()]);
    await pair.source.query('UPDATE films SET seats = seats + 1');
    await pair.target.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'strangler'");
    await pair.source.query('UPDATE films SET seats = seats + 1');
    await settled();
  }
  expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.transactionsApplied).toBe(6);
  await running.stop();
});

test('many rows of one COPY share a position, and a restart in between still applies each exactly once', async () => {
  const running = await pair.start(FILMS);
  await settled();
  await running.stop();
  await pair.source.query("COPY films FROM PROGRAM 'seq -f \"%g\tcopied\t1\" 1000 1999'");
  await pair.source.query("UPDATE films SET seats = seats + 1 WHERE id >= 1000");
  for (let round = 0; round < 3; round += 1) {
    const again = await pair.start(FILMS);
    await delay(round * 15);
    await again.stop();
  }
  const last = await pair.start(FILMS);
  await settled();
  expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
  expect(last.status()).toMatchObject({ eventsApplied: 2000, transactionsApplied: 2 });
  await last.stop();
});
