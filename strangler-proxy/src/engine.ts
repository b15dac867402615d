import type { Clock, Dice, MigrationConfig } from '@strangler/kernel';
import { compileRules } from './compare/rules.ts';
import { Counters } from './counters.ts';
import { Fences } from './fence/fences.ts';
import { InFlight } from './fence/in-flight.ts';
import { Breaker } from './forward/breaker.ts';
import { createUpstream, type Upstream } from './forward/upstream.ts';
import type { Limits } from './limits.ts';
import { compileRoutes, type RouteTable } from './match/route-table.ts';
import type { Places } from './places.ts';
import { createAsker } from './shadow/ask.ts';
import { Mirror } from './shadow/mirror.ts';
import { Comparisons } from './state/comparisons.ts';
import { LiveState } from './state/live-state.ts';
import type { StateStore } from './state/store.ts';

/** A service as requests reach it. */
export interface ServiceEnd {
  readonly upstream: Upstream;
  readonly breaker: Breaker;
}

/** Everything that works together while the proxy runs; both listeners see the same one. */
export interface Engine {
  readonly config: MigrationConfig;
  readonly table: RouteTable;
  readonly places: Places;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly store: StateStore;
  readonly state: LiveState;
  readonly comparisons: Comparisons;
  readonly monolith: Upstream;
  readonly services: ReadonlyMap<string, ServiceEnd>;
  readonly mirror: Mirror;
  readonly fences: Fences;
  readonly inFlight: InFlight;
  readonly counters: Counters;
  readonly startedAt: string;
  /** Ends what runs in the background and writes down what was counted. */
  stop(): Promise<void>;
}

export interface Parts {
  readonly config: MigrationConfig;
  readonly places: Places;
  readonly store: StateStore;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly dice: Dice;
}

export async function createEngine({ config, places, store, limits, clock, dice }: Parts): Promise<Engine> {
  const table = compileRoutes(config);
  const state = await LiveState.open(store, config, clock);
  const comparisons = await Comparisons.open(store, clock, config.compare.promoteWhen);
  const asker = createAsker({ timeoutMs: limits.mirrorTimeoutMs, maxBodyBytes: limits.mirrorMaxBytes });
  const mirror = new Mirror(asker, compileRules(config.compare), comparisons, { concurrency: limits.mirrorConcurrency, maxBodyBytes: limits.mirrorMaxBytes, settleMs: limits.mirrorSettleMs }, clock);
  const inFlight = new InFlight();
  const fences = new Fences(table.routes.map(({ id, write, config: { writes = [] } }) => ({ id, write, writes })), inFlight, { maxHeld: limits.fenceMaxHeld });
  const monolith = createUpstream('monolith', places.monolith, limits);
  const services = new Map([...places.services].map(([name, url]) => [name, { upstream: createUpstream(`service ${name}`, url, limits), breaker: new Breaker(limits.breaker) }]));
  return {
    config, table, places, limits, clock, dice, store, state, comparisons, monolith, services, mirror, fences, inFlight,
    counters: new Counters(), startedAt: new Date(clock.now()).toISOString(),
    stop: async () => {
      fences.stop();
      await mirror.stop();
      await comparisons.stop();
      for (const upstream of [monolith, ...[...services.values()].map((end) => end.upstream)]) upstream.close();
    },
  };
}
