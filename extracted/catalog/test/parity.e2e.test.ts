import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { copyTables } from './copy.ts';
import { run, type RunningServer, serve } from './processes.ts';
import { reads, type SampleRequest, writes } from './requests.ts';

const MONOLITH = new URL('../../../monolith/src/', import.meta.url);
const CATALOG = new URL('../src/main.ts', import.meta.url);
const MIGRATE = new URL('../src/migrate.ts', import.meta.url);
const JWT_SECRET = 'a kettle, a lemon and a long walk';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | null>>;
}

/** Part of the contract as much as the body is. `etag` goes with the body; `date` and hop-by-hop headers do not belong to the answer. */
const HEADERS = ['content-type', 'location', 'allow', 'content-length'] as const;

async function ask(base: string, { method, path, headers = {}, body }: SampleRequest): Promise<Answer> {
  const payload = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(base + path, { method, headers: { ...headers }, body: payload });
  const picked = HEADERS.map((name) => [name, response.headers.get(name)] as const);
  return { status: response.status, body: await response.text(), headers: Object.fromEntries(picked) };
}

/** The moment of a write is nobody's contract. Seeded instants stand still and are compared. */
const withoutMoments = (answer: Answer, since: string): Answer => ({
  ...answer,
  body: answer.body.replaceAll(/"(createdAt|updatedAt)":"([^"]+)"/g, (whole, name: string, at: string) => (at >= since ? `"${name}":"<now>"` : whole)),
});

interface Difference {
  readonly path: string;
  readonly control: unknown;
  readonly candidate: unknown;
}

/** Every leaf in which two JSON values differ, array indices as `*`. */
function differences(control: unknown, candidate: unknown, path = ''): Difference[] {
  if (Object.is(control, candidate)) return [];
  if (typeof control !== 'object' || typeof candidate !== 'object' || control === null || candidate === null) return [{ path, control, candidate }];
  const [left, right] = [control, candidate] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .flatMap((key) => differences(left[key], right[key], `${path}/${Array.isArray(control) ? '*' : key}`));
}

let databases: TestDatabase[];
let monolith: RunningServer;
let mended: RunningServer;
let early: RunningServer;

beforeAll(async () => {
  databases = await Promise.all(['shop', 'catalog'].map((name) => testDatabase(name)));
  const [shop = '', catalog = ''] = databases.map(({ url }) => url);
  for (const [script, args] of [['db/migrate.ts', []], ['seed.ts', ['--size', 'S']]] as const) {
    expect(await run(new URL(script, MONOLITH), args, { DATABASE_URL: shop })).toMatchObject({ code: 0 });
  }
  expect(await run(MIGRATE, [], { DATABASE_URL: catalog })).toMatchObject({ code: 0 });
  await copyTables(shop, catalog);
  const service = { DATABASE_URL: catalog, JWT_SECRET };
  [monolith, mended, early] = await Promise.all([
    serve(new URL('main.ts', MONOLITH), { DATABASE_URL: shop, JWT_SECRET, JOBS: 'off' }),
    serve(CATALOG, service),
    serve(CATALOG, { ...service, CATALOG_ROUNDING: 'half-even', BUILD: 'early' }),
  ]);
});

afterAll(async () => {
  await Promise.all([monolith, mended, early].map((server) => server.stop()));
  await Promise.all(databases.map((database) => database.close()));
});

describe('the extracted catalog', () => {
  test('the sample is large enough to mean something', () => {
    expect(reads().length + writes(JWT_SECRET).length).toBeGreaterThanOrEqual(200);
  });

  test('in its early build differs from the monolith in effective prices alone, by one cent, on few products', async () => {
    const found: Difference[] = [];
    for (const request of reads()) {
      const [control, candidate] = await Promise.all([ask(monolith.url, request), ask(early.url, request)]);
      expect({ request, status: candidate.status }).toEqual({ request, status: control.status });
      if (control.body !== candidate.body) found.push(...differences(JSON.parse(control.body), JSON.parse(candidate.body)));
    }
    expect([...new Set(found.map(({ path }) => path))].sort()).toEqual(['/effectivePrice', '/items/*/effectivePrice']);
    expect(found.every(({ control, candidate }) => Number(control) - Number(candidate) === 1)).toBe(true);

    const everything = (base: string) => Promise.all([1, 2].map(async (page) => ask(base, { method: 'GET', path: `/products?limit=100&page=${String(page)}` })));
    const [theirs, ours] = await Promise.all([everything(monolith.url), everything(early.url)]);
    const products = theirs.flatMap(({ body }) => (JSON.parse(body) as { items: unknown[] }).items);
    const disputed = ours.flatMap(({ body }, page) => differences(JSON.parse(theirs[page]?.body ?? ''), JSON.parse(body)));
    expect(disputed.length / products.length).toBeGreaterThan(0.005);
    expect(disputed.length / products.length).toBeLessThan(0.2);
  });

  test('answers every read as the monolith does: status, headers and body to the byte', async () => {
    for (const request of reads()) {
      const [control, candidate] = await Promise.all([ask(monolith.url, request), ask(mended.url, request)]);
      expect({ request, ...candidate }).toEqual({ request, ...control });
    }
  });

  test('answers every write as the monolith does, errors included, and reads agree afterwards', async () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    for (const request of writes(JWT_SECRET)) {
      const control = withoutMoments(await ask(monolith.url, request), since);
      const candidate = withoutMoments(await ask(mended.url, request), since);
      expect({ request, ...candidate }).toEqual({ request, ...control });
    }
  });

  test('says which build it is', async () => {
    const builds = await Promise.all([mended, early].map(async ({ url }) => ask(url, { method: 'GET', path: '/health' })));
    expect(builds.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { status: 'ok', service: 'catalog', build: 'dev' },
      { status: 'ok', service: 'catalog', build: 'early' },
    ]);
  });
});
