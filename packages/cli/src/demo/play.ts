import { join, relative } from 'node:path';
import type { Io } from '../command.ts';
import { startChaos, type Chaos } from './chaos.ts';
import { ledger, type Ledger } from './ledger.ts';
import { narrator, type Narrator } from './narrator.ts';
import { check, insist } from './poll.ts';
import { ExpectedStages } from './routes.ts';
import { seeded } from './seeded.ts';
import { untilAborted } from '../wait.ts';
import type { DemoSummary } from './summary.ts';
import type { Traffic } from './traffic.ts';
import type { World } from './world.ts';
import type { AdminClient } from '@strangler/proxy';

export interface DemoOptions {
  /** How often something is killed on the way. */
  readonly kills: number;
  readonly seed: number;
}

/** What the steps share: who is on stage, and what has been promised to whom. */
export interface Play {
  readonly options: DemoOptions;
  readonly io: Io;
  readonly narrator: Narrator;
  readonly ledger: Ledger;
  readonly expected: ExpectedStages;
  readonly began: number;
  readonly steps: { title: string; ms: number }[];
  readonly cutovers: { direction: string; pauseMs: number }[];
  world?: World;
  admin?: AdminClient;
  traffic?: Traffic;
  chaos?: Chaos;
  proxy?: { url: string; adminUrl: string };
  disagreement?: DemoSummary['disagreement'];
  report?: string;
  events?: DemoSummary['events'];
  judged?: { lost: readonly string[]; duplicated: readonly string[] };
}

export function newPlay(options: DemoOptions, io: Io): Play {
  return {
    options, io, narrator: narrator(io.err, io.interactive), ledger: ledger(), expected: new ExpectedStages(), began: performance.now(), steps: [], cutovers: [],
  };
}

/** One step of the story; what it checks must be true, or the demo ends here. `killsShare`: how much of the chaos happens in it. */
export async function step<T>(play: Play, title: string, act: (say: Narrator) => Promise<T>, killsShare = 0): Promise<T> {
  play.io.signal.throwIfAborted();
  play.chaos?.allow(killsShare);
  play.narrator.step(title);
  const began = performance.now();
  try {
    const acting = act(play.narrator);
    // Until the world stands, only its own start knows what there is to end.
    const result = await (play.world === undefined ? acting : unlessAborted(play.io.signal, acting));
    const ms = performance.now() - began;
    play.steps.push({ title, ms });
    play.narrator.passed(ms);
    return result;
  } catch (error) {
    play.narrator.failed();
    throw error;
  }
}

/** A step that is given up is not waited for: what it started is ended with the rest. */
async function unlessAborted<T>(signal: AbortSignal, act: Promise<T>): Promise<T> {
  act.catch(() => undefined);
  return Promise.race([act, untilAborted(signal).then((): never => { throw signal.reason; })]);
}

/** From here on, things die at random; after each death of the proxy its stages must be the acknowledged ones. */
export function unleash(play: Play, world: World): void {
  if (play.options.kills === 0) return;
  play.chaos = startChaos(play.options.kills, seeded(play.options.seed + 1), (name) => world.process(name), (what) => { play.narrator.fact(what); });
}

/** The proxy must be where it was told to be, however often it was killed. */
export async function checkStages(play: Play): Promise<void> {
  const admin = present(play.admin, 'the admin API');
  play.expected.check(await insist(() => admin.status()));
}

export function present<T>(value: T | undefined, what: string): T {
  check(value !== undefined, `${what} is not there yet`);
  return value;
}

export function summarize(play: Play): DemoSummary {
  const tally = present(play.traffic, 'traffic').tally();
  return {
    requests: { served: tally.served, failed: tally.failed, failures: Object.fromEntries(tally.failures) },
    writes: { acknowledged: play.ledger.acknowledged(), lost: play.judged?.lost ?? [], duplicated: play.judged?.duplicated ?? [] },
    events: present(play.events, 'the count of events'),
    cutovers: play.cutovers,
    disagreement: present(play.disagreement, 'the disagreement'),
    kills: Object.fromEntries(play.chaos?.kills() ?? []),
    report: relative(play.io.cwd, join(present(play.report, 'the report'), 'report.html')),
    seconds: (performance.now() - play.began) / 1000,
    steps: play.steps,
  };
}
