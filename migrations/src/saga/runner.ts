import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DEFAULT_RETRY, DEFAULT_TIMEOUT_MS, pauseMs, StepRefused, type SagaDefinition, type Step, type StepContext } from './definition.ts';
import { after, isFinished } from './progress.ts';
import { claimSagas, noteAttempt, parkSaga, putDown, storeStep, type HeldSaga, type Stored } from './store.ts';

export interface SagaRunnerOptions {
  /** The database that holds the sagas; the runner opens one connection per saga that it has in hand. */
  readonly url: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each definition knows its own input
  readonly definitions: readonly SagaDefinition<any>[];
  /** How long one attempt may take before another runner may take the saga up; default 30,000. */
  readonly leaseMs?: number;
  /** How often to look for sagas; default 500. */
  readonly pollMs?: number;
  /** Sagas in hand at once; default 8. */
  readonly concurrency?: number;
  readonly onTrouble?: (error: unknown) => void;
}

export interface SagaRunner {
  /** Lets the attempts in hand end, then ends. */
  stop(): Promise<void>;
}

/** Takes up sagas that nobody holds and runs them to their end. Any number of runners may share one database. */
export function startSagaRunner(options: SagaRunnerOptions): SagaRunner {
  const abort = new AbortController();
  const { pollMs = 500, concurrency = 8, onTrouble } = options;
  const loop = async (): Promise<void> => {
    const client = await connected(options.url);
    try {
      while (!abort.signal.aborted) {
        const worked = await runSagas(client, options, abort.signal);
        if (!worked) await delay(pollMs, undefined, { signal: abort.signal }).catch(() => undefined);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const keepGoing = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await loop().catch(async (error: unknown) => {
        onTrouble?.(error);
        await delay(pollMs, undefined, { signal: abort.signal }).catch(() => undefined);
      });
    }
  };
  const loops = Array.from({ length: concurrency }, keepGoing);
  return { stop: async () => { abort.abort(); await Promise.all(loops); } };
}

/** Takes up one saga, if there is one, and runs it until it is finished, has to wait, or is in other hands. False when there was none. */
export async function runSagas(client: pg.ClientBase, { definitions, leaseMs = 30_000 }: Pick<SagaRunnerOptions, 'definitions' | 'leaseMs'>, signal?: AbortSignal): Promise<boolean> {
  const known = new Map(definitions.map((definition) => [definition.name, definition]));
  const [claimed] = await claimSagas(client, [...known.keys()], leaseMs, 1);
  const definition = claimed === undefined ? undefined : known.get(claimed.name);
  if (claimed === undefined || definition === undefined) return false;
  let saga: HeldSaga | undefined = claimed;
  while (saga !== undefined && !isFinished(saga) && !isAborted(signal)) saga = await oneStep(client, definition, saga, leaseMs);
  if (saga !== undefined && !isFinished(saga)) await putDown(client, saga);
  return true;
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** One step, forward or back, attempted and then stored. Undefined: put down, or in other hands. */
async function oneStep(client: pg.ClientBase, { name, steps }: SagaDefinition, saga: HeldSaga, leaseMs: number): Promise<HeldSaga | undefined> {
  const step = steps[saga.at];
  if (step === undefined) {
    await parkSaga(client, saga, `the definition of ${name} has no step ${String(saga.at)}: it is shorter than when the saga began`, DEFAULT_RETRY.longestMs);
    return undefined;
  }
  return saga.phase === 'forward' ? forward(client, steps, step, saga, leaseMs) : backward(client, steps, step, saga, leaseMs);
}

async function forward(client: pg.ClientBase, steps: readonly Step[], step: Step, saga: HeldSaga, leaseMs: number): Promise<HeldSaga | undefined> {
  const giveUp = (reason: string): Promise<HeldSaga | undefined> => storeStep(client, saga, { next: after(saga, steps.length, 'gave up'), step: step.name, state: 'gave up', reason: `${step.name}: ${reason}` }, leaseMs);
  const enough = exhausted(step, saga);
  if (enough !== undefined) return giveUp(enough);
  if (!await noteAttempt(client, saga, step.name, step.timeoutMs ?? DEFAULT_TIMEOUT_MS)) return undefined;
  const acted = (output: unknown): Stored => ({ next: after(saga, steps.length, 'acted'), step: step.name, state: 'acted', output: output ?? null });
  try {
    if ('inTransaction' in step) return await locally(client, step, saga, acted, leaseMs);
    const output = await attempt(step.act, context(step, saga, leaseMs), leaseMs);
    return await storeStep(client, saga, acted(output), leaseMs);
  } catch (error) {
    if (error instanceof StepRefused) return giveUp(error.message);
    if (isOurDatabase(error)) throw error;
    await parkSaga(client, saga, message(error), pauseMs(step.retry, saga.attempts + 1));
    return undefined;
  }
}

/** Why no further attempt forward is to be made. */
function exhausted({ retry }: Step, { late, attempts, lastError }: HeldSaga): string | undefined {
  if (late) return `not done in time (${lastError ?? 'no answer'})`;
  return attempts >= { ...DEFAULT_RETRY, ...retry }.attempts ? `given up after ${String(attempts)} attempts (${lastError ?? 'no answer'})` : undefined;
}

async function locally(client: pg.ClientBase, step: Extract<Step, { inTransaction: unknown }>, saga: HeldSaga, acted: (output: unknown) => Stored, leaseMs: number): Promise<HeldSaga | undefined> {
  await client.query('BEGIN');
  try {
    const next = await storeStep(client, saga, acted(await step.inTransaction(client, context(step, saga, leaseMs))), leaseMs);
    await client.query(next === undefined ? 'ROLLBACK' : 'COMMIT');
    return next;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** There is no way back from the way back: it is tried until it succeeds, with pauses, and listed as stuck meanwhile. */
async function backward(client: pg.ClientBase, steps: readonly Step[], step: Step, saga: HeldSaga, leaseMs: number): Promise<HeldSaga | undefined> {
  try {
    if (step.compensate !== undefined) await attempt(step.compensate, context(step, saga, leaseMs), leaseMs);
  } catch (error) {
    await parkSaga(client, saga, message(error), pauseMs(step.retry, saga.attempts + 1));
    return undefined;
  }
  return storeStep(client, saga, { next: after(saga, steps.length, 'taken back'), step: step.name, state: 'taken back' }, leaseMs);
}

const context = ({ name }: Step, { id, input, outputs, attempts }: HeldSaga, leaseMs: number): StepContext => ({
  sagaId: id, step: name, key: `${id}:${name}`, input, outputs, attempt: attempts + 1, signal: AbortSignal.timeout(Math.ceil(leaseMs / 2)),
});

/** An attempt that outlasts half the lease counts as unknown: what it still does it does under its key, and the store refuses its end. */
async function attempt<T>(act: (context: StepContext) => Promise<T>, given: StepContext, leaseMs: number): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    given.signal.addEventListener('abort', () => { reject(new Error(`no answer within ${String(Math.ceil(leaseMs / 2))} ms`)); }, { once: true });
  });
  late.catch(() => undefined);
  return Promise.race([act(given), late]);
}

const message = (error: unknown): string => error instanceof Error ? error.message : String(error);

/** Our own connection was lost: nobody can store anything now. The lease runs out, and the saga is taken up again. */
const isOurDatabase = (error: unknown): boolean => /connection terminated|connection ended|not queryable|client was closed/i.test(message(error));

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'saga' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
