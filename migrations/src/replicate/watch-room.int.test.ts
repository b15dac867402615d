import { expect, test } from '@jest/globals';
import { replicate } from '@strangler/migrations';
import { testServer } from '@strangler/testkit';
import pg from 'pg';
import { connect } from '../capture/connect.ts';
import { judgeSlotRoom, slotRoom } from '../capture/slot-room.ts';

test('a slot that nobody reads is seen to use up what the server lets it keep', async () => {
  await using server = await testServer({ max_slot_wal_keep_size: '64MB', min_wal_size: '32MB', max_wal_size: '64MB' });
  const client = await connect(server.url(), 'source');
  try {
    await client.query("SELECT pg_create_logical_replication_slot('strangler_films', 'pgoutput')");
    const before = await slotRoom(client, 'strangler_films');
    expect(before).toMatchObject({ slot: 'strangler_films', active: false });
    expect(before?.diskFreeBytes).toBeGreaterThan(0); // the server runs here, as its owner
    expect(judgeSlotRoom(before ?? { slot: '', active: true, keptBytes: Infinity })).toEqual([]);
    await client.query('CREATE TABLE films (title text)');
    for (let turn = 0; turn < 3; turn += 1) {
      await client.query("INSERT INTO films SELECT repeat(md5(g::text), 20) FROM generate_series(1, 20000) g");
      await client.query('SELECT pg_switch_wal()');
    }
    const after = await slotRoom(client, 'strangler_films');
    expect(after?.keptBytes).toBeGreaterThan(before?.keptBytes ?? Infinity);
    expect(judgeSlotRoom(after ?? { slot: '', active: true, keptBytes: 0 }).map(({ code }) => code)).toEqual(['STR_WAL_NEAR_LIMIT']);
    expect(await slotRoom(client, 'no_such_slot')).toBeUndefined();
  } finally {
    await client.end();
  }
});

test('a running replication tells once that its slot is short of room', async () => {
  await using server = await testServer({ max_slot_wal_keep_size: '32MB', min_wal_size: '32MB', max_wal_size: '64MB' });
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  try {
    await client.query('CREATE DATABASE copy');
    const target = new URL(server.url('copy'));
    const copy = new pg.Client({ connectionString: target.href });
    await copy.connect();
    for (const each of [client, copy]) await each.query('CREATE TABLE films (id int PRIMARY KEY, title text)');
    await copy.end();
    const warnings: string[] = [];
    const sides = { name: 'films', mapping: { from: 'monolith' as const, to: 'films', tables: { films: { key: ['id'] } } }, sourceUrl: server.url(), targetUrl: target.href, logDirectory: `${server.directory}-log` };
    await (await replicate(sides)).stop();
    // While nobody reads, the server is written.
    for (let turn = 0; turn < 2; turn += 1) {
      await client.query("CREATE TABLE IF NOT EXISTS other (t text); INSERT INTO other SELECT repeat(md5(g::text), 20) FROM generate_series(1, 15000) g");
      await client.query('SELECT pg_switch_wal()');
    }
    const running = await replicate({ ...sides, onEvent: (event) => { if (event.kind === 'warning') warnings.push(event.finding.code); } });
    for (const until = performance.now() + 20_000; warnings.length === 0 && performance.now() < until;) await new Promise((resolve) => { setTimeout(resolve, 20); });
    await running.stop();
    expect(warnings).toEqual(['STR_WAL_NEAR_LIMIT']);
  } finally {
    await client.end();
  }
});
