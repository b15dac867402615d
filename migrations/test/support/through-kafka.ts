import { expect } from '@jest/globals';
import type { TableMapping } from '@strangler/kernel';
import { emitMarker, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import type { Debezium } from './debezium.ts';
import { contents, type Pair } from './pair.ts';

type Reading = 'transactions' | 'keys';

/** A pair whose tables go through a broker and a connector: what every test of that begins with, waits for, and leaves behind. */
export interface ThroughKafka {
  /** The sink that was started last. */
  readonly running: RunningReplication | undefined;
  options(): ReplicateOptions;
  /** Begins a sink; one that is running already is the caller's to stop. */
  start(reading?: Reading): Promise<RunningReplication>;
  /** Registers the connector; it may still be starting. @param more over what `strangler connect` would say */
  register(more?: Readonly<Record<string, string>>): Promise<void>;
  /** The same, and waits until it reads the slot. */
  connect(more?: Readonly<Record<string, string>>): Promise<void>;
  /** Waits until what is committed at the source now is applied, or the sink has failed. */
  settled(deadlineMs?: number): Promise<void>;
  /** Both sides hold the same rows. */
  equal(): Promise<void>;
  /** Stops the sink, takes the connector away, and the pair with it. */
  close(): Promise<void>;
}

/** @param reading what sinks and connector are told from the start; `start` may tell them otherwise */
export function throughKafka(debezium: Debezium, pair: Pair, tables: Readonly<Record<string, TableMapping>>, reading: Reading = 'transactions'): ThroughKafka {
  let told = reading;
  let running: RunningReplication | undefined;
  const options = (): ReplicateOptions => {
    const plain = pair.options(tables);
    return { ...plain, sourceUrl: pair.sourceUrl, kafka: debezium.access, mapping: { ...plain.mapping, log: 'kafka', reading: told } };
  };
  const register: ThroughKafka['register'] = (more) => debezium.register(pair, tables, more, told);
  return {
    get running() { return running; },
    options, register,
    start: async (otherwise = told) => {
      told = otherwise;
      running = await pair.start(tables, options());
      running.failed.catch(() => undefined);
      return running;
    },
    connect: async (more) => {
      await register(more);
      await debezium.streams(pair);
    },
    settled: async (deadlineMs = 100_000) => {
      const arrived = waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs });
      arrived.catch(() => undefined);
      await Promise.race([arrived, running?.failed ?? arrived]);
    },
    equal: async () => { for (const table of Object.keys(tables)) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table)); },
    close: async () => {
      await running?.stop();
      running = undefined;
      await debezium.unregister(pair);
      await pair.close();
    },
  };
}
