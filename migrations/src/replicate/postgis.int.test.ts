import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { emitMarker, preflight, replicate, verify, waitForCheckpoint, type ReplicateOptions } from '@strangler/migrations';
import { testServer } from '@strangler/testkit';
import pg from 'pg';
import { contents } from '../../test/support/pair.ts';

/** Debian's: PostGIS comes with its PostgreSQL 15 (the package postgresql-15-postgis-3), and the servers of our own have none. */
const BIN = '/usr/lib/postgresql/15/bin';
const tables = { places: { key: ['id'] } };
jest.setTimeout(120_000);

let directory: string;
let server: Awaited<ReturnType<typeof testServer>>;
let [source, target, bare]: pg.Client[] = [];

beforeAll(async () => {
  await access(join(BIN, 'initdb')).catch(() => { throw new Error(`${BIN} is missing: apt-get install postgresql-15-postgis-3`); });
  directory = await mkdtemp(join(tmpdir(), 'strangler-postgis-'));
  const before = process.env['STRANGLER_POSTGRES_BIN'];
  process.env['STRANGLER_POSTGRES_BIN'] = BIN;
  server = await testServer().finally(() => {
    if (before === undefined) delete process.env['STRANGLER_POSTGRES_BIN'];
    else process.env['STRANGLER_POSTGRES_BIN'] = before;
  });
  [source, target, bare] = await Promise.all(['source', 'target', 'bare'].map(databaseOf));
});
afterAll(async () => {
  await Promise.all([source, target, bare].map(async (client) => client?.end()));
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

async function databaseOf(name: string): Promise<pg.Client> {
  const admin = new pg.Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`).finally(() => admin.end());
  const client = new pg.Client({ connectionString: server.url(name) });
  await client.connect();
  if (name !== 'bare') await client.query(`CREATE EXTENSION postgis; CREATE TABLE places (id int PRIMARY KEY, at geometry(Point, 4326), outline geometry, peak geometry(PointZ, 3857), route geography(LineString, 4326), corners geometry[], box box2d, name text)`);
  return client;
}

const options = (name: string): ReplicateOptions => ({
  name: 'postgis', mapping: { from: 'monolith', to: 'atlas', tables }, sourceUrl: server.url('source'), targetUrl: server.url(name), logDirectory: directory,
});

test('a target without the extension is refused by name, with the statement that mends it', async () => {
  const errors = async (): Promise<string[]> => (await preflight(options('bare'))).filter(({ severity }) => severity === 'error').map(({ code, message, remedy }) => `${code}: ${message} ${remedy ?? ''}`);
  expect(await errors()).toEqual([
    expect.stringContaining('STR_TARGET_TABLE_MISSING: '),
    'STR_TARGET_EXTENSION_MISSING: The target lacks the extension postgis, whose types the source uses in public.places.at, public.places.outline, public.places.peak, public.places.route, public.places.corners, public.places.box. CREATE EXTENSION postgis;',
  ]);
  await expect(replicate(options('bare'))).rejects.toMatchObject({ code: 'STR_PREFLIGHT' });
  await bare?.query('CREATE TABLE places (id int PRIMARY KEY, at text, outline text, peak text, route text, corners text, box text, name text)');
  expect(await errors()).toEqual([]); // text reads what every type prints
});

test('geometries arrive to the bit: SRID, Z, M, empty ones, curves, long ones that did not change', async () => {
  await source?.query(`INSERT INTO places VALUES
    (1, 'SRID=4326;POINT(13.4 52.5)', 'POLYGON((0 0, 4 0, 4 4, 0 0), (1 0.5, 2 1, 2 0.5, 1 0.5))', 'SRID=3857;POINTZ(0.1 0.2 8848.86)', 'LINESTRING(0 0, 179.999999999999 -89)', ARRAY['SRID=4326;POINT(1 2)'::geometry, NULL], 'BOX(0 0, 1 1)', 'Berlin'),
    (2, 'SRID=4326;POINT EMPTY', 'GEOMETRYCOLLECTION EMPTY', NULL, NULL, '{}', NULL, 'nowhere')`);
  const running = await replicate(options('target'));
  try {
    await source?.query(`INSERT INTO places SELECT 3, NULL, ST_Buffer('POINT(0 0)'::geometry, 1, 4000), NULL, NULL, NULL, NULL, 'long';
      INSERT INTO places VALUES (4, NULL, 'SRID=25832;CURVEPOLYGON ZM (CIRCULARSTRING ZM (0 0 1 2, 4 0 1 2, 4 4 1 2, 0 4 1 2, 0 0 1 2))', NULL, NULL, NULL, NULL, 'curved')`);
    await source?.query("UPDATE places SET name = 'its outline did not change' WHERE id = 3; UPDATE places SET at = ST_Translate(at, 1e-15, 0), outline = NULL WHERE id = 1; DELETE FROM places WHERE id = 2");
    await Promise.race([waitForCheckpoint(server.url('target'), 'postgis', await emitMarker(server.url('source'), 'done'), { deadlineMs: 60_000 }), running.failed]);
  } finally {
    await running.stop();
  }
  if (source === undefined || target === undefined) throw new Error('no databases');
  expect(await contents(target, 'places')).toEqual(await contents(source, 'places'));
  expect((await target.query("SELECT ST_SRID(outline) AS srid, ST_AsText(outline) AS shape FROM places WHERE id = 4")).rows).toEqual([{ srid: 25832, shape: 'CURVEPOLYGON ZM (CIRCULARSTRING ZM (0 0 1 2,4 0 1 2,4 4 1 2,0 4 1 2,0 0 1 2))' }]);
  const { mapping } = options('target');
  const urls = { sourceUrl: server.url('source'), targetUrl: server.url('target'), settleMs: 0 };
  expect(await verify({ mapping, ...urls })).toMatchObject({ kind: 'Verified' });
  await target.query('UPDATE places SET outline = ST_Translate(outline, 1e-9, 0) WHERE id = 4'); // PostGIS itself calls some different geometries equal
  expect(await verify({ mapping, ...urls })).toMatchObject({ kind: 'Mismatched', tables: [{ differing: [{ key: { id: '4' } }] }] });
});
