import { describe, expect, test } from '@jest/globals';
import type { AuditEntry, ProxyState, StateStore, Tallies } from '@strangler/proxy';

/** What every place that keeps state must do. `open` gives a store over the same place as before, as after a restart. */
export function describeStateStore(name: string, place: () => Promise<{ open: () => Promise<StateStore>; clean: () => Promise<void> }>): void {
  const state = (epoch: number): ProxyState => ({ epoch, routes: { read: { stage: { canary: { percent: epoch, stickyBy: 'client' } }, since: '2026-01-01T00:00:00.000Z', by: 'ann', why: 'ünïcode ✓\nand a line' } } });
  const entry = (epoch: number): AuditEntry => ({ epoch, at: '2026-01-01T00:00:00.000Z', act: 'promote', by: 'ann', why: 'a\nb', changes: [{ route: 'read', from: 'monolith', to: 'service' }] });
  const within = async (use: (open: () => Promise<StateStore>) => Promise<void>): Promise<void> => {
    const { open, clean } = await place();
    try {
      await use(open);
    } finally {
      await clean();
    }
  };

  describe(name, () => {
    test('has nothing at the very first start', async () => within(async (open) => {
      const store = await open();
      expect([await store.load(), await store.audit(10), await store.loadTallies()]).toEqual([undefined, [], {}]);
      await store.close();
    }));

    test('gives back the last state that was committed, after a restart too', async () => within(async (open) => {
      const store = await open();
      await store.commit(state(0));
      await store.commit(state(1), entry(1));
      expect(await store.load()).toEqual(state(1));
      await store.close();
      const again = await open();
      expect([await again.load(), await again.audit(10)]).toEqual([state(1), [entry(1)]]);
      await again.close();
    }));

    test('gives back the newest entries, oldest first', async () => within(async (open) => {
      const store = await open();
      for (let epoch = 1; epoch <= 5; epoch += 1) await store.commit(state(epoch), entry(epoch));
      expect((await store.audit(2)).map(({ epoch }) => epoch)).toEqual([4, 5]);
      expect(await store.audit(0)).toEqual([]);
      await store.close();
    }));

    test('keeps tallies apart from the state', async () => within(async (open) => {
      const tallies: Tallies = { read: { since: '', samples: 1, matched: 1, mismatched: 0, noise: 0, settled: 0, skipped: { busy: 2 }, paths: {}, latency: { control: { 1: 1 }, candidate: {} } } };
      const store = await open();
      await store.saveTallies(tallies);
      expect([await store.loadTallies(), await store.load()]).toEqual([tallies, undefined]);
      await store.close();
    }));
  });
}
