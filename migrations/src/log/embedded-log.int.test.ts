import { appendFile, link, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { all, changeLogContract } from '../../test/contracts/change-log.contract.ts';
import { MemoryLog } from '../../test/support/memory-log.ts';
import { at, history } from '../../test/support/transactions.ts';
import type { Lsn } from '../capture/lsn.ts';
import { openEmbeddedLog, type EmbeddedLog } from './embedded-log.ts';
import { retentionOptions } from './retention.ts';

const newDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'strangler-log-'));

changeLogContract('the embedded log', async () => {
  const directory = await newDirectory();
  let log: EmbeddedLog = await openEmbeddedLog(directory, { segmentBytes: 600 });
  return {
    log,
    reopen: async () => { await log.close(); log = await openEmbeddedLog(directory, { segmentBytes: 600 }); return log; },
    dispose: async () => { await log.close(); await rm(directory, { recursive: true }); },
  };
});

changeLogContract('the log in memory', () => {
  const log = new MemoryLog();
  return Promise.resolve({ log, dispose: () => log.close() });
});

describe('a torn tail', () => {
  test('is cut off: every whole transaction before the tear is kept, and the log goes on', async () => {
    await fc.assert(fc.asyncProperty(history({ minLength: 1, maxLength: 8 }), fc.nat(), fc.uint8Array({ maxLength: 40 }), async (transactions, cut, garbage) => {
      const directory = await newDirectory();
      try {
        const log = await openEmbeddedLog(directory);
        const ends: number[] = [];
        const file = async (): Promise<string> => join(directory, (await readdir(directory)).find((name) => name.endsWith('.log')) ?? '');
        for (const transaction of transactions) {
          await log.append([transaction]);
          ends.push((await stat(await file())).size);
        }
        await log.close();
        const size = cut % ((ends.at(-1) ?? 0) + 1);
        await truncate(await file(), size);
        await appendFile(await file(), garbage);
        const kept = transactions.filter((_, index) => (ends[index] ?? Infinity) <= size);
        const again = await openEmbeddedLog(directory);
        expect(await all(again, 'start')).toEqual(kept);
        const next = at(Number(transactions.at(-1)?.commitLsn ?? 0n) + 1);
        await again.append([next]);
        expect(await all(again, 'start')).toEqual([...kept, next]);
        await again.close();
      } finally {
        await rm(directory, { recursive: true });
      }
    }), { numRuns: 60 });
  });

  test('what a killed writer left unsynced is synced before it counts: a power cut must not take what the source was told is here', async () => {
    const directory = await newDirectory();
    try {
      const [first, second] = [at(100), at(200)];
      const dying = await openEmbeddedLog(directory, { openFile: async (path) => { const file = await open(path, 'wx+'); return { write: file.write.bind(file), truncate: (size) => file.truncate(size), close: () => file.close(), datasync: () => Promise.reject(new Error('killed')) }; } });
      await expect(dying.append([first, second])).rejects.toThrow();
      await dying.close();
      let syncs = 0;
      const again = await openEmbeddedLog(directory, { openFile: async (path) => { const file = await open(path, 'r+'); return { write: file.write.bind(file), truncate: (size) => file.truncate(size), close: () => file.close(), datasync: async () => { await file.datasync(); syncs += 1; } }; } });
      expect({ durable: again.durable(), syncs }).toEqual({ durable: second.commitLsn, syncs: 1 });
      await again.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('a flipped bit in the tail never yields another transaction than was written', async () => {
    await fc.assert(fc.asyncProperty(history({ minLength: 2, maxLength: 5 }), fc.nat(), fc.integer({ min: 0, max: 7 }), async (transactions, where, bit) => {
      const directory = await newDirectory();
      try {
        const log = await openEmbeddedLog(directory);
        await log.append(transactions);
        await log.close();
        const path = join(directory, (await readdir(directory)).find((name) => name.endsWith('.log')) ?? '');
        const bytes = await readFile(path);
        const index = where % bytes.length;
        const file = await open(path, 'r+');
        await file.write(Buffer.of((bytes[index] ?? 0) ^ (1 << bit)), 0, 1, index);
        await file.close();
        const again = await openEmbeddedLog(directory);
        const read = await all(again, 'start');
        expect(read).toEqual(transactions.slice(0, read.length));
        await again.close();
      } finally {
        await rm(directory, { recursive: true });
      }
    }), { numRuns: 60 });
  });
});

describe('the directory', () => {
  let directory: string;
  beforeEach(async () => { directory = await newDirectory(); });
  afterEach(async () => { await rm(directory, { recursive: true }); });

  test('has one writer; readers may look on', async () => {
    const log = await openEmbeddedLog(directory);
    await log.append([at(10)]);
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({ code: 'STR_LOG_LOCKED', exitCode: 3 });
    const reader = await openEmbeddedLog(directory, { readOnly: true });
    expect(await all(reader, 'start')).toEqual([at(10)]);
    await reader.close();
    await log.close();
    await (await openEmbeddedLog(directory)).close();
  });

  test('is taken over from a writer that died', async () => {
    const script = `const { openEmbeddedLog } = await import(${JSON.stringify(join(import.meta.dirname, 'embedded-log.ts'))}); await openEmbeddedLog(${JSON.stringify(directory)}); console.log('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
    await once(child.stdout, 'data');
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({ code: 'STR_LOG_LOCKED' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await openEmbeddedLog(directory)).close();
  });

  test('remembers how far a quiet source has come', async () => {
    const log = await openEmbeddedLog(directory);
    await log.append([at(10)]);
    await log.advance(500n as Lsn);
    await log.close();
    const again = await openEmbeddedLog(directory);
    expect(again.durable()).toBe(500n);
    expect((await again.extent()).head?.lsn).toBe(10n);
    await again.append([at(600)]);
    expect(again.durable()).toBe(600n);
    await again.close();
  });

  test('never has a moment without a remembered place: the old one is replaced, not overwritten', async () => {
    const log = await openEmbeddedLog(directory);
    await log.advance(500n as Lsn);
    await link(join(directory, 'progress'), join(directory, 'as-it-was'));
    await log.advance(900n as Lsn);
    expect(await readFile(join(directory, 'as-it-was'), 'utf8')).toBe('0/1F4\n'); // a kill in the middle of a write would have left this
    await writeFile(join(directory, 'progress.next'), '0/'); // a kill in the middle of the next one
    await log.close();
    const again = await openEmbeddedLog(directory);
    expect(again.durable()).toBe(900n);
    await again.advance(901n as Lsn);
    await again.close();
  });

  test('keeps what the config says, in segments small enough to go', () => {
    expect(retentionOptions()).toEqual({});
    expect(retentionOptions({ days: 7 })).toEqual({ retention: { maxAgeMs: 604_800_000 } });
    expect(retentionOptions({ megabytes: 40 })).toEqual({ retention: { maxBytes: 40_000_000 }, segmentBytes: 10_000_000 });
    expect(retentionOptions({ days: 1, megabytes: 9_000 }).segmentBytes).toBe(64 * 1024 * 1024);
  });

  test('lets old segments go by size, but none the sink still needs', async () => {
    const log = await openEmbeddedLog(directory, { segmentBytes: 300, retention: { maxBytes: 1_000 } });
    for (let lsn = 1; lsn <= 20; lsn += 1) await log.append([at(lsn)]);
    expect(await log.extent()).toMatchObject({ tail: { lsn: 1n }, complete: true });
    log.release(15n as Lsn);
    for (let lsn = 21; lsn <= 25; lsn += 1) await log.append([at(lsn)]);
    const { tail, complete } = await log.extent();
    expect(Number(tail?.lsn)).toBeGreaterThan(5);
    expect(Number(tail?.lsn)).toBeLessThanOrEqual(16);
    expect(complete).toBe(false);
    await log.close();
  });

  test('says so when a sealed segment is damaged, wherever it was cut', async () => {
    const log = await openEmbeddedLog(directory, { segmentBytes: 300 });
    for (let lsn = 1; lsn <= 12; lsn += 1) await log.append([at(lsn)]);
    await log.close();
    const [first = ''] = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort();
    const path = join(directory, first);
    for (let size = (await stat(path)).size - 1; size > 0; size -= 40) {
      await truncate(path, size);
      const read = openEmbeddedLog(directory, { readOnly: true }).then((again) => all(again, 'start').finally(() => again.close()));
      await expect(read).rejects.toMatchObject({ code: 'STR_LOG_CORRUPT' });
    }
  });
});
