import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { fileStore, memoryStore, type AuditEntry, type ProxyState } from '@strangler/proxy';
import { describeStateStore } from './contracts/state-store.contract.ts';

describeStateStore('the file store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-state-'));
  return { open: async () => fileStore(directory), clean: async () => rm(directory, { recursive: true, force: true }) };
});

describeStateStore('the memory store', async () => {
  const store = memoryStore();
  return Promise.resolve({ open: async () => Promise.resolve(store), clean: async () => Promise.resolve() });
});

const state = (epoch: number): ProxyState => ({ epoch, routes: { read: { stage: epoch === 0 ? 'monolith' : 'service', since: '', by: 'ann', why: '' } } });
const entry = (epoch: number): AuditEntry => ({ epoch, at: '', act: 'promote', by: 'ann', why: 'launch', changes: [{ route: 'read', from: 'monolith', to: 'service' }] });
const inDirectory = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-state-'));
  await use(directory).finally(async () => rm(directory, { recursive: true, force: true }));
};
const written = async (directory: string): Promise<void> => {
  const store = await fileStore(directory);
  await store.commit(state(0));
  await store.commit(state(1), entry(1));
  await store.close();
};

/** A process of its own that opens the store, says how that went, and keeps it. */
function startLocker(directory: string): { outcome: Promise<string>; stop: () => Promise<void> } {
  const child = spawn(process.execPath, [fileURLToPath(new URL('support/locker.ts', import.meta.url)), directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  return { outcome: once(child.stdout, 'data').then(([said]) => String(said).trim()), stop: async () => {
    child.kill('SIGKILL');
    await ended;
  } };
}

test('a torn last audit line is cut off, and the next one is whole', async () => inDirectory(async (directory) => {
  await written(directory);
  await appendFile(join(directory, 'audit.ndjson'), '{"epoch":2,"at":"20');
  const store = await fileStore(directory);
  await store.commit(state(2), entry(2));
  expect((await store.audit(10)).map(({ epoch }) => epoch)).toEqual([1, 2]);
  await store.close();
}));

test.each(['{"epoch":1,"at":"20', '5', '{}', 'null', '{"epoch":1,"at":"","act":"promote","by":"","why":"","changes":null}'])('a line %s in the middle of the audit is shown as unreadable, in its place', async (line) => inDirectory(async (directory) => {
  await written(directory);
  await appendFile(join(directory, 'audit.ndjson'), `${line}\n`);
  const store = await fileStore(directory);
  await store.commit(state(2), entry(2));
  expect((await store.audit(10)).map(({ act, epoch }) => [act, epoch])).toEqual([['promote', 1], ['unreadable', 1], ['promote', 2]]);
  expect((await store.audit(10))[1]?.why).toContain('line 2');
  await store.close();
}));

test('of many that find a dead one\'s lock at once, one takes it over', async () => inDirectory(async (directory) => {
  await written(directory);
  for (let round = 0; round < 5; round += 1) {
    await writeFile(join(directory, 'lock'), '999999 1\n');
    const children = Array.from({ length: 4 }, () => startLocker(directory));
    const outcomes = await Promise.all(children.map(async ({ outcome }) => outcome));
    for (const { stop } of children) await stop();
    expect(outcomes.sort()).toEqual(['STR_STATE_LOCKED', 'STR_STATE_LOCKED', 'STR_STATE_LOCKED', 'taken']);
  }
}));

test('an audit line whose state was never written is marked as abandoned', async () => inDirectory(async (directory) => {
  await written(directory);
  await appendFile(join(directory, 'audit.ndjson'), `${JSON.stringify(entry(2))}\n`);
  const store = await fileStore(directory);
  expect(await store.load()).toEqual(state(1));
  expect((await store.audit(10)).map(({ act, epoch }) => [act, epoch])).toEqual([['promote', 1], ['promote', 2], ['abandoned', 1]]);
  await store.close();
  expect(await (await fileStore(directory)).audit(10)).toHaveLength(3);
}));

test.each([['not JSON', '{"epoch":'], ['empty', ''], ['of another shape', '{"version":1,"epoch":-1,"routes":{}}'], ['of an unknown stage', '{"version":1,"epoch":1,"routes":{"read":{"stage":"moon","since":"","by":"","why":""}}}'], ['of a later version', '{"version":2,"epoch":1,"routes":{}}']])(
  'a state that is %s is refused, never started over', async (_what, text) => inDirectory(async (directory) => {
    await written(directory);
    await writeFile(join(directory, 'state.json'), text);
    await expect(fileStore(directory)).rejects.toMatchObject({ code: 'STR_STATE_UNREADABLE', exitCode: 3 });
    expect(await readFile(join(directory, 'state.json'), 'utf8')).toBe(text);
  }));

test('a state that is gone while its audit is there is refused, too', async () => inDirectory(async (directory) => {
  await written(directory);
  await rm(join(directory, 'state.json'));
  await expect(fileStore(directory)).rejects.toMatchObject({ code: 'STR_STATE_UNREADABLE' });
}));

test('a directory has one proxy at a time; a dead one\'s lock is taken over', async () => inDirectory(async (directory) => {
  const store = await fileStore(directory);
  await expect(fileStore(directory)).rejects.toMatchObject({ code: 'STR_STATE_LOCKED', exitCode: 3 });
  await store.close();
  for (const lock of ['999999999 1\n', `${String(process.ppid)} 1\n`, `${String(process.pid)} 1\n`, '']) {
    await writeFile(join(directory, 'lock'), lock);
    await (await fileStore(directory)).close();
  }
}));

test('when the state cannot be written the entry is taken back, and nothing has changed', async () => inDirectory(async (directory) => {
  await written(directory);
  const store = await fileStore(directory);
  // A directory in the place of the temporary file fails for root, too.
  await mkdir(join(directory, `state.json.${String(process.pid)}.tmp`, 'in-the-way'), { recursive: true });
  await expect(store.commit(state(2), entry(2))).rejects.toMatchObject({ code: 'STR_STATE_NOT_WRITTEN', exitCode: 3 });
  expect([await store.load(), (await store.audit(10)).length]).toEqual([state(1), 1]);
  await store.close();
}));

test('a full disk is said to be one, and nothing has changed', async () => inDirectory(async (directory) => {
  await written(directory);
  const store = await fileStore(directory);
  await rm(join(directory, 'audit.ndjson'));
  await symlink('/dev/full', join(directory, 'audit.ndjson'));
  const refused = store.commit(state(2), entry(2));
  await expect(refused).rejects.toMatchObject({ code: 'STR_STATE_NOT_WRITTEN' });
  await expect(refused).rejects.toThrow('ENOSPC');
  expect(await store.load()).toEqual(state(1));
  await store.close();
}));
