import { enableCompileCache } from 'node:module';
import { serialize } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { HelperTask, Parsed } from './helper.ts';
import { SharedWork } from './shared-work.ts';

/** The thread that helps to parse; see `startHelper`. */
const { sources, memory } = workerData as HelperTask;
enableCompileCache();
const { parseWithOxc } = await import('./oxc.ts');

const BATCH = 32;
let batch: Parsed[] = [];
const hand = (): void => {
  parentPort?.postMessage(batch, batch.map(({ facts }) => facts.buffer));
  batch = [];
};
for (const position of new SharedWork(sources.length, memory).back()) {
  const source = sources[position];
  const facts = source === undefined ? undefined : parseWithOxc(source.path, source.text);
  // A buffer of its own: those of Node's pool cannot be handed over.
  if (facts !== undefined) batch.push({ position, facts: Uint8Array.from(serialize(facts)) });
  if (batch.length === BATCH) hand();
}
hand();
