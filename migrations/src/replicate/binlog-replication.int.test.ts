import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startMariadb, type LocalMariadb } from '@strangler/local-mariadb';
import { preflight, removeReplication, verify } from '@strangler/migrations';
import { startDebezium, type Debezium } from '../../test/support/debezium.ts';
import { databasePair, type Pair } from '../../test/support/pair.ts';
import { throughKafka, type ThroughKafka } from '../../test/support/through-kafka.ts';

/** Column, its type in MariaDB and in PostgreSQL, and how each side prints it so that equal values print alike. Shares nothing with the replication. */
const COLUMNS: readonly (readonly [name: string, from: string, into: string, print: string, printed: string])[] = [
  ['id', 'BIGINT UNSIGNED', 'numeric(20)', 'id', 'id'],
  ['tiny', 'TINYINT UNSIGNED', 'smallint', 'tiny', 'tiny'],
  ['small', 'SMALLINT', 'smallint', 'small', 'small'],
  ['medium', 'MEDIUMINT UNSIGNED', 'int', 'medium', 'medium'],
  ['counter', 'INT UNSIGNED', 'bigint', 'counter', 'counter'],
  ['price', 'DECIMAL(30,10)', 'numeric(30,10)', 'price', 'price'],
  ['ratio', 'DOUBLE', 'double precision', 'CAST(ratio AS DECIMAL(40,12))', 'ratio::numeric(40,12)'],
  ['single', 'FLOAT', 'real', 'CAST(single AS DECIMAL(40,3))', 'single::numeric(40,3)'],
  ['born', 'DATE', 'date', "DATE_FORMAT(born, '%Y-%m-%d')", "to_char(born, 'YYYY-MM-DD')"],
  ['lent', 'DATETIME(6)', 'timestamp', "DATE_FORMAT(lent, '%Y-%m-%d %H:%i:%s.%f')", "to_char(lent, 'YYYY-MM-DD HH24:MI:SS.US')"],
  ['moment', 'TIMESTAMP(3) NULL', 'timestamptz', "DATE_FORMAT(moment, '%Y-%m-%d %H:%i:%s.%f')", "to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"],
  ['span', 'TIME(6)', 'interval', 'CAST(TIME_TO_SEC(span) AS DECIMAL(20,6))', 'extract(epoch FROM span)::numeric(20,6)'],
  ['edition', 'YEAR', 'smallint', 'edition', 'edition'],
  ['kind', "ENUM('a','b,c','it''s')", 'text', 'HEX(kind)', "upper(encode(convert_to(kind, 'UTF8'), 'hex'))"],
  ['marks', "SET('x','y','z')", 'text', 'HEX(marks)', "upper(encode(convert_to(marks, 'UTF8'), 'hex'))"],
  ['doc', 'JSON', 'json', 'HEX(doc)', "upper(encode(convert_to(doc::text, 'UTF8'), 'hex'))"],
  ['cover', 'BLOB', 'bytea', 'HEX(cover)', "upper(encode(cover, 'hex'))"],
  ['flag', 'BIT(1)', 'boolean', 'flag + 0', 'flag::int'],
  ['mask', 'BIT(9)', 'bit(9)', "LPAD(BIN(mask), 9, '0')", 'mask'],
  ['title', 'VARCHAR(200)', 'text', 'HEX(title)', "upper(encode(convert_to(title, 'UTF8'), 'hex'))"],
];
const EDGES = [
  "(18446744073709551615, 255, -32768, 16777215, 4294967295, 99999999999999999999.0123456789, -0.000000000125, 1.5, '9999-12-31', '1000-01-01 00:00:00.000001', '2038-01-19 03:14:07.999', '-838:59:59', 2155, 'b,c', 'x,z', '{\"a\": [1, 2.50, \"ü\"]}', X'00FF1000', b'1', b'100000001', 'zoë 😀 \\\\ \\'')",
  "(0, 0, 0, 0, 0, 0, 0, 0, '1970-01-01', '1969-12-31 23:59:59.999999', '1970-01-01 00:00:01', '00:00:00', 1901, 'it\\'s', '', 'null', X'', b'0', b'0', '')",
  `(7, ${COLUMNS.slice(1).map(() => 'NULL').join(', ')})`,
];
const MAPPING = { articles: { key: ['id'] }, seats: { key: ['room', 'place'] } };

let directory: string;
let mariadb: LocalMariadb;
let debezium: Debezium;
let pair: Pair;
let library: ThroughKafka;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-test-mariadb-'));
  mariadb = await startMariadb({ directory, settings: { sql_mode: 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE' } });
  debezium = await startDebezium({}, ['mariadb']);
}, 300_000);
afterAll(async () => {
  await debezium.stop();
  await mariadb.stop();
  await rm(directory, { recursive: true, force: true });
}, 90_000);
beforeEach(async () => {
  const made = await databasePair('library');
  pair = { ...made, sourceUrl: mariadb.url('shop') };
  library = throughKafka(debezium, pair, MAPPING, 'keys');
  await mariadb.run(`DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop; CREATE TABLE articles (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')}, PRIMARY KEY (id));
    CREATE TABLE seats (room VARCHAR(20), place INT, guest VARCHAR(50), PRIMARY KEY (room, place)); INSERT INTO articles VALUES ${EDGES.join(', ')};
    INSERT INTO articles (id, title) SELECT seq, CONCAT('Article ', seq) FROM seq_100_to_399; INSERT INTO seats SELECT CONCAT('room ', seq % 5), seq, NULL FROM seq_1_to_100`);
  await pair.target.query(`CREATE TABLE articles (${COLUMNS.map(([name, , type]) => `${name} ${type}`).join(', ')}, PRIMARY KEY (id)); CREATE TABLE seats (room text, place int, guest text, PRIMARY KEY (room, place))`);
});
afterEach(async () => {
  await library.close();
}, 60_000);

async function source(): Promise<string[]> {
  const rows = await mariadb.run(`SELECT CONCAT_WS('|', ${COLUMNS.map(([, , , print]) => `IFNULL(${print}, '-')`).join(', ')}) FROM articles ORDER BY id; SELECT CONCAT_WS('|', HEX(room), place, IFNULL(guest, '-')) FROM seats ORDER BY HEX(room), place`, 'shop');
  return rows.trimEnd().split('\n').filter((line) => !line.startsWith('CONCAT_WS'));
}
async function target(): Promise<string[]> {
  const articles = await pair.target.query<{ row: string }>(`SELECT concat_ws('|', ${COLUMNS.map(([, , , , print]) => `coalesce((${print})::text, '-')`).join(', ')}) AS row FROM articles ORDER BY id`);
  const seats = await pair.target.query<{ row: string }>("SELECT concat_ws('|', upper(encode(convert_to(room, 'UTF8'), 'hex')), place, coalesce(guest, '-')) AS row FROM seats ORDER BY upper(encode(convert_to(room, 'UTF8'), 'hex')), place");
  return [...articles.rows, ...seats.rows].map(({ row }) => row);
}

/** Waits until both sides print alike; what differs at last is shown by the expectation. */
async function equal(patienceMs = 120_000): Promise<void> {
  const wanted = await source();
  for (const until = Date.now() + patienceMs; Date.now() < until;) {
    await delay(200);
    if ((await target()).join('\n') === wanted.join('\n')) return;
    await Promise.race([delay(0), library.running?.failed ?? delay(0)]);
    await debezium.requireRunning(pair);
  }
  expect(await target()).toEqual(wanted);
}

describe('from MariaDB, through Debezium and Kafka', () => {
  test('a snapshot of every type, and what is written while Connect is killed, arrive as they are', async () => {
    await library.start();
    await library.register();
    await equal();
    expect(await target()).toHaveLength(403);
    await debezium.snapshotConfirmed(pair);
    for (let round = 0; round < 30; round += 1) {
      await mariadb.run(`START TRANSACTION; INSERT INTO articles (id, title, lent, price) VALUES (${String(1000 + round)}, 'new', NOW(6), ${String(round)}.5); UPDATE articles SET counter = IFNULL(counter, 0) + 1, cover = X'00' WHERE id BETWEEN 100 AND 120;
        UPDATE articles SET id = ${String(5000 + round)} WHERE id = ${String(100 + round * 2)}; DELETE FROM articles WHERE id = ${String(301 + round)}; UPDATE seats SET place = place + 1000, guest = 'zoë' WHERE place = ${String(round + 1)}; COMMIT;
        DELETE FROM seats WHERE place = ${String(50 + round)}; INSERT INTO seats VALUES ('room 0', ${String(50 + round)}, 'again')`, 'shop');
      if (round === 10) await debezium.connect.kill('SIGKILL');
      if (round === 20) await debezium.connect.restart();
    }
    await mariadb.run(`DELETE FROM articles WHERE id IN (0, 7, 18446744073709551615); INSERT INTO articles VALUES ${EDGES.join(', ')}`, 'shop');
    await equal();
    expect(library.running?.status()).toMatchObject({ phase: 'streaming' });

    await library.running?.stop();
    await mariadb.run("UPDATE articles SET title = 'while nobody applied' WHERE id > 200", 'shop');
    await library.start();
    await equal();
  }, 600_000);

  test('what cannot be told is refused by name before anything is read, and so is what needs PostgreSQL', async () => {
    await mariadb.run("ALTER TABLE seats ADD COLUMN token UUID; SET SESSION sql_mode = ''; ALTER TABLE seats ADD COLUMN since DATE; UPDATE seats SET since = '0000-00-00' WHERE place < 4", 'shop');
    await expect(library.start()).rejects.toMatchObject({ code: 'STR_PREFLIGHT' });
    const found = (await preflight(library.options())).map(({ code, where }) => `${code} ${where ?? ''}`);
    expect(found).toEqual(expect.arrayContaining(['STR_DEBEZIUM_LOSSY shop.seats.token', 'STR_ZERO_DATE seats.since', 'STR_TARGET_COLUMN_MISSING public.seats']));
    await expect(verify({ mapping: library.options().mapping, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl })).rejects.toMatchObject({ code: 'STR_BINLOG_UNSUPPORTED' });
    expect(await removeReplication({ name: pair.name, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl })).toEqual([]);
  }, 120_000);
});
