import type { AuditEntry, ProxyState, StateStore, Tallies } from './store.ts';

/** State that lives as long as the process: for tests. */
export function memoryStore(): StateStore {
  let state: ProxyState | undefined;
  let tallies: Tallies = {};
  const entries: AuditEntry[] = [];
  return {
    load: async () => Promise.resolve(structuredClone(state)),
    commit: async (next, entry) => {
      if (entry !== undefined) entries.push(structuredClone(entry));
      state = structuredClone(next);
      return Promise.resolve();
    },
    audit: async (limit) => Promise.resolve(limit <= 0 ? [] : structuredClone(entries.slice(-limit))),
    loadTallies: async () => Promise.resolve(structuredClone(tallies)),
    saveTallies: async (next) => {
      tallies = structuredClone(next);
      return Promise.resolve();
    },
    close: async () => Promise.resolve(),
  };
}
