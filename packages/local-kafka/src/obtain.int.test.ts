import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startUpstream, type TestUpstream } from '@strangler/testkit';
import type { LockedFile } from './lock.ts';
import { obtain } from './obtain.ts';

const jar = Buffer.from('the ledger of the library');
const file: LockedFile = { artifact: 'org.library:ledger:1.0', sha256: createHash('sha256').update(jar).digest('hex'), bytes: jar.length };
let mirror: TestUpstream;
let cache: string;
const environment = (): Record<string, string> => ({ XDG_CACHE_HOME: cache, STRANGLER_MAVEN_REPOSITORY: `http://reader:secret@127.0.0.1:${String(mirror.port)}/repository/` });

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'strangler-cache-'));
  mirror = await startUpstream((_req, res) => { res.end(jar); });
});
afterAll(async () => {
  await mirror.stop();
  await rm(cache, { recursive: true, force: true });
});

describe('a jar', () => {
  test('that is not the one of the lock is refused, and not kept', async () => {
    mirror.behave((_req, res) => { res.end(Buffer.from('the ledger of a stranger!')); });
    await expect(obtain([file], { environment: environment() })).rejects.toMatchObject({ code: 'STR_CHECKSUM', exitCode: 3, message: expect.not.stringContaining('secret') });
    await expect(obtain([file], { environment: environment() })).rejects.toMatchObject({ code: 'STR_CHECKSUM' });
  });

  test('is fetched from the mirror with its user and password, and the second time from the cache', async () => {
    mirror.behave((_req, res) => { res.end(jar); });
    const before = mirror.seen.length;
    const [path = ''] = await obtain([file], { environment: environment() });
    expect(await readFile(path)).toEqual(jar);
    expect(mirror.seen.at(-1)).toMatchObject({ url: '/repository/org/library/ledger/1.0/ledger-1.0.jar', headers: { authorization: `Basic ${Buffer.from('reader:secret').toString('base64')}` } });
    await obtain([file], { environment: environment() });
    expect(mirror.seen.length - before).toBe(1);
  });

  test('that was changed in the cache is refused', async () => {
    const [path = ''] = await obtain([file], { environment: environment() });
    await writeFile(path, 'something else');
    await expect(obtain([file], { environment: environment() })).rejects.toMatchObject({ code: 'STR_CHECKSUM', message: expect.stringContaining(path) });
    await rm(path);
  });

  test('that the repository does not have is named, with what to do', async () => {
    mirror.behave((_req, res) => { res.writeHead(404).end(); });
    await expect(obtain([file], { environment: environment() })).rejects.toMatchObject({ code: 'STR_DOWNLOAD_FAILED', exitCode: 3, message: expect.stringContaining('HTTP 404') });
  });
});
