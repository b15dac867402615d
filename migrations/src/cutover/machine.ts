import { StranglerError, type Clock, type Finding } from '@strangler/kernel';
import type { CutoverJournal, JournalEntry } from './journal.ts';
import type { Owners } from './owners.ts';
import type { CutoverPlan, StepName } from './plan.ts';
import type { CutoverPorts } from './ports.ts';

/** What the steps of one run share. */
export interface Run {
  readonly number: number;
  readonly plan: CutoverPlan;
  readonly ports: CutoverPorts;
  readonly owners: Owners;
  readonly journal: CutoverJournal;
  readonly clock: Clock;
  readonly verifyWhileHeld: boolean;
  holdId: string | undefined;
  /** Set when the run was undone: a hold that is granted after that is let go at once. */
  undone?: boolean;
  /** Set when a flip may have happened without our knowing: from then on a refusal proves nothing. */
  maybeFlipped?: boolean;
}

export interface StepReport {
  readonly step: StepName;
  readonly ms: number;
  readonly detail?: unknown;
}

interface Step {
  readonly name: StepName;
  act(run: Run, leftMs: () => number): Promise<unknown>;
  undo?(run: Run): Promise<unknown>;
}

/** How long an undo or a step after the flip may take; nobody is held meanwhile, or somebody is and it must be tried hard. */
const PATIENCE_MS = 30_000;
/** Left of the deadline for asking the database who stands in the way; a bare "too late" helps nobody. */
const NAMING_MS = 150;
const FLIP_ATTEMPTS = 4;
const FLIP_PAUSE_MS = 250;

/**
 * The reversible steps, in their order; those on one line at once. Undone from last to first; every undo is harmless where its step never happened. Sequences do not
 * wait for the drain: behind the fence the old owner's say how far its rows go, and moved for nothing they cost only numbers.
 */
const REVERSIBLE: readonly (readonly Step[])[] = [
  // Before the hold, because creating a slot waits for every transaction that is running on the new owner.
  [{ name: 'prepare-reverse', act: prepareReverse }],
  [{ name: 'hold', act: hold, undo: async ({ ports, holdId }) => holdId === undefined ? undefined : ports.gate.release(holdId) }],
  [{ name: 'fence', act: ({ owners }, leftMs) => owners.fence('old', Math.max(1, leftMs() - NAMING_MS)), undo: ({ owners }) => owners.lift('old', PATIENCE_MS) }],
  [{ name: 'drain', act: async ({ ports }, leftMs) => { await ports.drain.caughtUp(await ports.drain.marker(), leftMs()); } }, { name: 'sequences', act: ({ owners }) => owners.advanceSequences() }],
  [{ name: 'verify', act: verifyHeld }],
  [{ name: 'lift', act: ({ owners }, leftMs) => owners.lift('new', leftMs()), undo: ({ owners }) => owners.fence('new', PATIENCE_MS) }],
];

/** Everything up to the flip. On any failure all of it is undone before the error is passed on. */
export async function prepare(run: Run): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  let deadline = Number.POSITIVE_INFINITY;
  const left = (): number => Math.max(0, deadline - run.clock.now());
  for (const together of REVERSIBLE.map((steps) => steps.filter(({ name }) => name !== 'verify' || run.verifyWhileHeld))) {
    if (together.some(({ name }) => name === 'hold')) deadline = run.clock.now() + run.plan.deadlineMs;
    const acts = together.map((step) => timed(run, step.name, () => withinDeadline(run, left(), () => step.act(run, left))).catch((error: unknown) => { throw new StepFailure(step.name, error); }));
    try {
      reports.push(...await Promise.all(acts));
    } catch (failure) {
      const { step, cause } = failure as StepFailure;
      await undo(run, textOf(cause), step);
      throw run.clock.now() >= deadline || isFenceTimeout(cause) ? deadlineError(run, step, cause) : stepError(run, step, cause);
    }
  }
  return reports;
}

/** Which of the steps that ran at once failed first. */
class StepFailure extends Error {
  readonly step: StepName;

  constructor(step: StepName, cause: unknown) {
    super(textOf(cause), { cause });
    this.step = step;
  }
}

/**
 * Takes everything back. All undos are tried; @throws StranglerError STR_CUTOVER_STUCK when one of them cannot be done now, STR_CUTOVER_SUPERSEDED when the run is
 * no longer ours to undo.
 */
export async function undo(run: Run, because: string, failed?: StepName): Promise<void> {
  run.undone = true;
  await run.owners.abandon(); // what is still running there must not come true after it was undone
  const unsure = await doubt(run);
  if (unsure === undefined && failed !== undefined) await note(run, { event: 'failed', step: failed, because }, true);
  // Without the lock another process may be at work on the databases; letting our own callers go is harmless.
  const steps = REVERSIBLE.flat().reverse().filter(({ name }) => unsure === undefined || name === 'hold');
  const stuck = unsure === undefined ? [] : [unsure];
  for (const step of steps) stuck.push(...await takeBack(run, step));
  if (stuck.length === 0) {
    await note(run, { event: 'closed', outcome: 'released', because }, true);
    return;
  }
  throw new StranglerError({
    code: 'STR_CUTOVER_STUCK', exitCode: 3, message: `The cut-over was given up (${because}), but not everything could be taken back: ${stuck.join('; ')}.`,
    remedy: `Mend that and run the same command again: it first takes back what is left. Until then writes to ${run.plan.oldTables.join(', ')} may be refused.`,
  });
}

/** Why it could not be, if it could not. */
async function takeBack(run: Run, step: Step): Promise<string[]> {
  if (step.undo === undefined) return [];
  try {
    await step.undo(run);
    await note(run, { event: 'undone', step: step.name }, false);
    return [];
  } catch (error) {
    return [`${step.name}: ${textOf(error)}`];
  }
}

/** Undefined when the run is surely ours. @throws StranglerError when it surely is not */
async function doubt(run: Run): Promise<string | undefined> {
  try {
    await requireOurs(run);
    return undefined;
  } catch (error) {
    ifSuperseded(error);
    return `lock: ${textOf(error)}`;
  }
}

const isSuperseded = (error: unknown): boolean => error instanceof StranglerError && ['STR_CUTOVER_SUPERSEDED', 'STR_CUTOVER_RUNNING'].includes(error.code);

function ifSuperseded(error: unknown): void {
  if (isSuperseded(error)) throw error;
}

const textOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

/**
 * A process that was stopped for long (a suspended machine, a network that was cut) has lost its lock, and may wake up after another one has settled its run and
 * moved on: what it would undo then is that one's work. @throws StranglerError STR_CUTOVER_SUPERSEDED, STR_CUTOVER_RUNNING
 */
async function requireOurs(run: Run): Promise<void> {
  await run.owners.claim();
  const settled = (await run.journal.entries()).some((entry) => entry.run > run.number || (entry.run === run.number && entry.event === 'closed'));
  if (!settled) return;
  throw new StranglerError({
    code: 'STR_CUTOVER_SUPERSEDED', exitCode: 1, message: `While this process stood still another one settled its cut-over of '${run.plan.name}'; this one has changed nothing since.`,
    remedy: '`strangler status` says who owns the tables.',
  });
}

export interface Committed {
  readonly steps: readonly StepReport[];
  readonly pauseMs: number;
  readonly heldRequests: number;
  readonly warnings: readonly Finding[];
}

/** Where even the journal cannot be written, nobody is kept waiting; but a later process must not take a half-written 'committing' for one, so that is said first. */
async function beginCommit(run: Run): Promise<void> {
  if (run.maybeFlipped !== true) await requireOurs(run).catch(async (error: unknown) => { await undo(run, textOf(error)); throw error; });
  try {
    await note(run, { event: 'committing' }, true);
  } catch (error) {
    if (run.maybeFlipped === true) throw error;
    await note(run, { event: 'refused', because: textOf(error) }, true);
    await undo(run, textOf(error));
    throw stepError(run, 'flip', error);
  }
}

/** The flip and what follows it: only forward from here. */
export async function commit(run: Run): Promise<Committed> {
  await beginCommit(run);
  let flipped = { heldRequests: 0, pauseMs: 0 };
  const steps = [await timed(run, 'flip', async () => { flipped = await flip(run); return flipped; })];
  const warnings: Finding[] = [];
  const tryTo = async (step: StepName, remedy: string, act: () => Promise<unknown>): Promise<void> => {
    try {
      steps.push(await timed(run, step, () => withinDeadline(run, PATIENCE_MS, act)));
    } catch (error) {
      warnings.push({ code: step === 'reverse' ? 'STR_REVERSE_NOT_RUNNING' : 'STR_HOLD_NOT_RELEASED', severity: 'warning', message: error instanceof Error ? error.message : String(error), remedy });
    }
  };
  await tryTo('reverse', 'Nothing is lost, the slot keeps it; but start the reverse replication before you may need to go back, and before the WAL it keeps fills the disk.', () => run.ports.reverse.start());
  await tryTo('release', 'The proxy lets go of the hold at its own deadline.', () => run.holdId === undefined ? Promise.resolve() : run.ports.gate.release(run.holdId));
  await note(run, { event: 'closed', outcome: 'done' }, true);
  return { steps, ...flipped, warnings };
}

/** A refusal is certain and is undone; silence is not, and is asked again: while the old owner is fenced, no answer can hurt data. */
async function flip(run: Run): Promise<{ heldRequests: number; pauseMs: number }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run.ports.gate.flip(run.holdId ?? '', run.plan.newOwner, run.number);
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      if (error instanceof StranglerError && run.maybeFlipped !== true) {
        await requireOurs(run).catch(ifSuperseded); // else the refusal may be a successor's doing, who has flipped meanwhile
        await note(run, { event: 'refused', because }, true);
        await undo(run, because);
        throw error;
      }
      run.maybeFlipped = true;
      await note(run, { event: 'failed', step: 'flip', because }, false);
      if (attempt === FLIP_ATTEMPTS) {
        throw new StranglerError({
          code: 'STR_CUTOVER_UNDECIDED', exitCode: 3, cause: error, message: `The proxy does not say whether it flipped: ${because}`,
          remedy: `Run the same command again once the proxy answers: it finishes this cut-over. ${run.plan.oldOwner} stays fenced, so no row has two owners meanwhile.`,
        });
      }
      await run.clock.sleep(FLIP_PAUSE_MS);
    }
  }
}

/**
 * The fence comes first and outlives an undo: from the moment a way back exists, whatever is written on the new owner flows to the old one, and until the flip
 * nobody may write there. A TRUNCATE of a copy that is to be made afresh would else empty the tables it is a copy of.
 */
async function prepareReverse({ owners, ports }: Run): Promise<void> {
  await owners.fence('new', PATIENCE_MS);
  await owners.planSequences();
  await ports.reverse.prepare();
}

async function hold(run: Run): Promise<{ id: string; inFlightWaitedMs: number }> {
  const held = await run.ports.gate.hold(run.plan.tables, run.plan.deadlineMs);
  run.holdId = held.id;
  if (run.undone === true) await run.ports.gate.release(held.id);
  return held;
}

async function verifyHeld({ owners, plan }: Run): Promise<unknown> {
  const verdict = await owners.verify(0);
  if (verdict.kind === 'Verified') return { rows: verdict.tables.reduce((sum, { rowsSource }) => sum + rowsSource, 0) };
  throw new StranglerError({
    code: 'STR_NOT_VERIFIED', exitCode: 1, message: `With writes held, ${plan.tables.join(', ')} are not proved equal: ${verdict.kind}.`,
    remedy: 'Run `strangler verify` for the rows; replay the table, or mend what wrote to the copy.',
  });
}

async function timed(run: Run, step: StepName, act: () => Promise<unknown>): Promise<StepReport> {
  const started = run.clock.now();
  const detail = await act();
  const report = { step, ms: Math.round(run.clock.now() - started), ...(detail === undefined ? {} : { detail }) };
  await note(run, { event: 'step', ...report }, false);
  return report;
}

/** Rejects once `leftMs` have passed, whatever the step does. */
async function withinDeadline<T>({ clock }: Run, leftMs: number, act: () => Promise<T>): Promise<T> {
  if (leftMs === Number.POSITIVE_INFINITY) return act();
  const settled = new AbortController();
  const timeout = clock.sleep(leftMs, settled.signal).then(() => { throw new Error(`not done within ${String(Math.round(leftMs))} ms`); });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([act(), timeout]);
  } finally {
    settled.abort();
  }
}

const deadlineError = ({ plan }: Run, step: StepName, cause: unknown): StranglerError => new StranglerError({
  code: 'STR_CUTOVER_DEADLINE', exitCode: 1, cause,
  message: `After ${String(plan.deadlineMs)} ms the cut-over was still at '${step}' (${cause instanceof Error ? cause.message : String(cause)}); everything was released to ${plan.oldOwner}, unchanged.`,
  remedy: 'Mend what was slow and try again; a longer --deadline makes callers wait longer.',
});

const isFenceTimeout = (error: unknown): boolean => error instanceof StranglerError && error.code === 'STR_FENCE_TIMEOUT';

/** What a database or the proxy says is passed on with the step and with what became of it. */
const stepError = ({ plan }: Run, step: StepName, cause: unknown): StranglerError => cause instanceof StranglerError ? cause : new StranglerError({
  code: 'STR_CUTOVER_FAILED', exitCode: 1, cause,
  message: `The cut-over failed at '${step}' (${cause instanceof Error ? cause.message : String(cause)}); everything was released to ${plan.oldOwner}, unchanged.`,
  remedy: 'Mend that and run the same command again.',
});

type Note = JournalEntry extends infer E ? E extends JournalEntry ? Omit<E, 'run' | 'atMs'> : never : never;
export const note = (run: Pick<Run, 'journal' | 'number' | 'clock'>, entry: Note, durable: boolean): Promise<void> =>
  run.journal.append({ run: run.number, atMs: run.clock.now(), ...entry }, { durable });
