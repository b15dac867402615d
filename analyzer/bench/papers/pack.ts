import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackedSystem } from './systems.ts';

/**
 * Packs the replication data (call volumes, business contexts, partitions) into one small file per system: `node analyzer/bench/papers/pack.ts DIR`.
 * A partition becomes its communities, classes in the order in which they were published; identical partitions of a method are kept once, under all their file names.
 */
const METHODS = ['Mono2Micro', 'CoGCN', 'FoSCI', 'MEM'];
const [directory = '.'] = process.argv.slice(2);

for (const system of ['acmeair', 'daytrader', 'jpetstore', 'plants']) {
  const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(directory, system, ...path), 'utf8'));
  const calls = read('runtime_call_volume.json') as Record<string, number>;
  const contexts = read('bcs_per_class.json') as Record<string, string[]>;
  const packed: PackedSystem = {
    calls: Object.entries(calls).map(([pair, volume]) => { const [from = '', to = ''] = pair.split('--'); return [from, to, volume]; }),
    contexts: Object.fromEntries(Object.entries(contexts).sort().map(([name, all]) => [name, [...all].sort()])),
    partitions: METHODS.flatMap((method) => partitionsOf(method, read)),
  };
  const lines = (list: readonly unknown[]): string => list.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const context = Object.entries(packed.contexts).map(([name, all]) => `    ${JSON.stringify(name)}: ${JSON.stringify(all)}`).join(',\n');
  writeFileSync(new URL(`./${system}.json`, import.meta.url), `{\n  "calls": [\n${lines(packed.calls)}\n  ],\n  "contexts": {\n${context}\n  },\n  "partitions": [\n${lines(packed.partitions)}\n  ]\n}\n`);

  function partitionsOf(method: string, load: (...path: string[]) => unknown): PackedSystem['partitions'][number][] {
    const known = new Map<string, { method: string; files: string[]; communities: string[][] }>();
    for (const file of readdirSync(join(directory, system, 'partitions', method)).filter((name) => name.endsWith('.json')).sort()) {
      const labels = Object.entries(load('partitions', method, file) as Record<string, number | string>);
      const communities = [...new Set(labels.map(([, label]) => label))].map((community) => labels.filter(([, label]) => label === community).map(([name]) => name));
      const key = JSON.stringify(communities.map((members) => [...members].sort()).sort());
      const same = known.get(key);
      if (same === undefined) known.set(key, { method, files: [file], communities });
      else same.files.push(file);
    }
    return [...known.values()];
  }
}
