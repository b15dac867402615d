import fc from 'fast-check';
import type { ModelState, ModelStep } from './state-graph.ts';

/** What drives the code along a walk through a model. */
export interface Driver<State> {
  /** Does in the real world what the model has just done. */
  step(from: State, action: string, to: State): Promise<void>;
  /** What the real world shows now, and what it must show where this action has led the model to this state. */
  observe(state: State): Promise<unknown>;
  expected(state: State, action: string): unknown;
  close(): Promise<void>;
}

export interface Walks<State> {
  readonly first: ModelState<State>;
  open(): Promise<Driver<State>>;
  /** The action's name where TLC gives none. */
  name?(from: State, step: ModelStep<State>): string;
  /** False for steps of the model that the code rules out by more than the model knows; each with its reason where it is defined. */
  allowed?(from: State, action: string, to: State, before: string | undefined): boolean;
  /** Actions that are taken seldom, so that a walk comes to where something can fail before it does. */
  readonly rare?: ReadonlySet<string>;
  readonly walks: number;
  readonly longest: number;
  readonly seed: number;
  /** Whether a walk that fails is made shorter; default true. */
  readonly shrink?: boolean;
}

/** How many walks, and which: CI takes the same few each time, `.ci/nightly` sets both variables. */
export const walksOf = (few: number): { walks: number; seed: number } => ({ walks: Number(process.env['STRANGLER_WALKS'] ?? few), seed: Number(process.env['STRANGLER_SEED'] ?? 4711) });

export interface Followed {
  /** How often each action was taken. */
  readonly taken: ReadonlyMap<string, number>;
  /** Different steps between states that were taken. */
  readonly steps: number;
}

/**
 * Drives the code along walks through the model's own states and compares after every step. A walk is a list of choices, so that fast-check can shrink it: a shorter
 * list, or one of smaller numbers, is again a walk that the model allows.
 * @throws with the shortest walk found on which code and model part, and the seed that leads there
 */
export async function followModel<State>(walks: Walks<State>): Promise<Followed> {
  const taken = new Map<string, number>();
  const steps = new Set<ModelStep<State>>();
  const picked = pick(walks);
  const property = fc.asyncProperty(fc.array(CHOICE, { minLength: 1, maxLength: walks.longest }), async (choices) => {
    await walkOnce(walks, choices, (step, action) => {
      taken.set(action, (taken.get(action) ?? 0) + 1);
      steps.add(step);
    });
  });
  await fc.assert(property, { examples: picked.map((choices) => [choices]), numRuns: picked.length, seed: walks.seed, endOnFailure: walks.shrink === false, includeErrorInReport: true });
  return { taken, steps: steps.size };
}

const CHOICE = fc.nat(9_999);
/** How many times likelier an ordinary action is than a rare one. */
const ORDINARY = 8;
/** So many walks are drawn for each that is taken. */
const DRAWN = 100;

/** Drawn at random, walks are much alike. Those are taken that bring most that none before them has: actions, three of them in a row, then steps. */
function pick<State>(walks: Walks<State>): number[][] {
  const drawn = fc.sample(fc.array(CHOICE, { minLength: walks.longest, maxLength: walks.longest }), { numRuns: Math.min(20_000, walks.walks * DRAWN), seed: walks.seed })
    .map((choices) => ({ choices, brings: featuresOf(route(walks, choices)) }));
  const seen = new Set<unknown>();
  return Array.from({ length: walks.walks }, () => {
    const worth = ({ brings }: (typeof drawn)[number]): number => brings.reduce((sum, { feature, weight }) => sum + (seen.has(feature) ? 0 : weight), 0);
    const best = drawn.reduce((kept, each) => { const value = worth(each); return value > kept.value ? { each, value } : kept; }, { each: drawn[0], value: -1 }).each;
    for (const { feature } of best?.brings ?? []) seen.add(feature);
    return best?.choices ?? [];
  });
}

interface Taken<State> {
  readonly from: State;
  readonly action: string;
  readonly step: ModelStep<State>;
}

function featuresOf<State>(taken: readonly Taken<State>[]): { feature: unknown; weight: number }[] {
  const features = new Map<unknown, number>();
  for (const [index, { action, step }] of taken.entries()) {
    features.set(step, 1);
    features.set(action, 100);
    features.set([taken[index - 2]?.action, taken[index - 1]?.action, action].join(), 10);
  }
  return [...features].map(([feature, weight]) => ({ feature, weight }));
}

function route<State>(walks: Walks<State>, choices: readonly number[]): Taken<State>[] {
  const taken: Taken<State>[] = [];
  let at = walks.first;
  for (const choice of choices) {
    const { state: from, steps } = at;
    const possible = steps.map((step) => ({ from, step, action: walks.name?.(from, step) ?? step.action })).filter(({ action, step }) => walks.allowed?.(from, action, step.to.state, taken.at(-1)?.action) ?? true);
    const drawn = possible.flatMap((each) => walks.rare?.has(each.action) === true ? [each] : Array.from({ length: ORDINARY }, () => each));
    const next = drawn[choice % Math.max(1, drawn.length)];
    if (next === undefined) break;
    taken.push(next);
    at = next.step.to;
  }
  return taken;
}

async function walkOnce<State>(walks: Walks<State>, choices: readonly number[], onStep: (step: ModelStep<State>, action: string) => void): Promise<void> {
  const driver = await walks.open();
  const history: string[] = [];
  try {
    for (const { from, action, step } of route(walks, choices)) {
      history.push(action);
      await driver.step(from, action, step.to.state);
      await compare(driver, step.to.state, action);
      onStep(step, action);
    }
  } catch (error) {
    throw new Error(`after ${history.join(' → ')}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await driver.close();
  }
}

async function compare<State>(driver: Driver<State>, state: State, action: string): Promise<void> {
  const [found, wanted] = [JSON.stringify(await driver.observe(state)), JSON.stringify(driver.expected(state, action))];
  if (found !== wanted) throw new Error(`the model has ${wanted}, the code ${found}`);
}
