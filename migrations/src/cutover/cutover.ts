import { requirePostgresUrl } from '../capture/binlog-url.ts';
import { FindingsError, StranglerError, systemClock, type Clock, type Finding } from '@strangler/kernel';
import type { Verdict } from '../verify/verdict.ts';
import { fileJournal, standing, type CutoverJournal, type Standing } from './journal.ts';
import { commit, note, prepare, undo, type Run, type StepReport } from './machine.ts';
import { postgresOwners, type Owners } from './owners.ts';
import { planCutover, type CutoverPlan, type PlanOptions } from './plan.ts';
import type { CutoverPorts } from './ports.ts';

export interface CutoverOptions extends PlanOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly ports: CutoverPorts;
  /** `.strangler`: the log is `cutover/<name>.ndjson` in it. */
  readonly stateDirectory: string;
  readonly clock?: Clock;
  /** Who asks, and for what reason: both go into the log. */
  readonly by: string;
  readonly why: string;
  /** Without it only the plan is returned. */
  readonly execute: boolean;
  /** `skip` when a verification has just been made: the pre-check then proves only that replication follows. Default `verify`. */
  readonly precheck?: 'verify' | 'skip';
  /** Values each sequence skips; default 100. */
  readonly sequenceGap?: number;
}

export interface CutoverReport {
  readonly plan: CutoverPlan;
  readonly outcome: 'planned' | 'done';
  /** What an earlier, interrupted run needed first. `completed`: it was past its flip and has now been finished; nothing else was done. */
  readonly recovered?: 'released' | 'completed';
  readonly steps: readonly StepReport[];
  /** What callers of a held write felt at most, milliseconds: the gate's own figure. */
  readonly pauseMs: number;
  readonly heldRequests: number;
  readonly warnings: readonly Finding[];
}

/**
 * Moves the ownership of a write set from one side to the other while callers go on writing: pre-check, hold, fence, drain, sequences, flip, reverse replication,
 * release. Undone as a whole on any failure before the flip, finished after it, both also by the next call when this process dies. `direction: 'back'` is the same
 * machine the other way.
 * @throws StranglerError STR_CUTOVER_DEADLINE, STR_CUTOVER_NOT_READY (FindingsError), STR_CUTOVER_STUCK, STR_CUTOVER_UNDECIDED, STR_CUTOVER_RUNNING, STR_UNKNOWN_TABLE
 */
export async function cutOver(options: CutoverOptions): Promise<CutoverReport> {
  const { stateDirectory, clock = systemClock, sequenceGap = 100, mapping, sourceUrl, targetUrl } = options;
  for (const url of [sourceUrl, targetUrl]) requirePostgresUrl(url);
  const plan = planCutover(options);
  if (!options.execute) return { plan, outcome: 'planned', steps: [], pauseMs: 0, heldRequests: 0, warnings: [] };
  const owners = postgresOwners({ plan, mapping, sourceUrl, targetUrl, sequenceGap, clock });
  return conduct(plan, { ...options, clock }, owners, fileJournal(stateDirectory, options.name));
}

type Conducted = Pick<CutoverOptions, 'ports' | 'by' | 'why' | 'precheck' | 'verifyWhileHeld'> & { readonly clock: Clock };

/** The machine over its ports alone. */
export async function conduct(plan: CutoverPlan, options: Conducted, owners: Owners, journal: CutoverJournal): Promise<CutoverReport> {
  try {
    await owners.open();
    const left = standing(await journal.entries());
    const base = { plan, ports: options.ports, owners, journal, clock: options.clock, verifyWhileHeld: options.verifyWhileHeld ?? false };
    const recovered = await recover(left, base);
    if (recovered?.report !== undefined) return recovered.report;
    const checked = await precheck(plan, options, owners);
    const run: Run = { ...base, number: left.nextRun, holdId: undefined };
    await note(run, { event: 'started', direction: plan.direction, tables: plan.tables, by: options.by, why: options.why }, true);
    const before = await prepare(run);
    const { steps, ...committed } = await commit(run);
    return { plan, outcome: 'done', ...(recovered === undefined ? {} : { recovered: 'released' }), steps: [checked, ...before, ...steps], ...committed };
  } finally {
    await owners.close();
  }
}

/** What an interrupted run left: undone before its flip was asked for, finished after. */
async function recover(left: Standing, base: Omit<Run, 'number' | 'holdId'>): Promise<{ report?: CutoverReport } | undefined> {
  if (left.kind === 'closed') return undefined;
  if (left.started.direction !== base.plan.direction || left.started.tables.join() !== base.plan.tables.join()) {
    throw new StranglerError({
      code: 'STR_CUTOVER_UNFINISHED', exitCode: 1, message: `A cut-over of '${base.plan.name}' (${left.started.direction}: ${left.started.tables.join(', ')}) was interrupted and must be settled first.`,
      remedy: `Run it again as it was (${left.started.direction}): it is then undone or finished, whichever is right.`,
    });
  }
  const run: Run = { ...base, number: left.run, holdId: left.kind === 'reversible' ? left.holdId : undefined };
  if (left.kind === 'reversible') {
    await undo(run, 'the process that ran it is gone');
    return {};
  }
  return { report: await complete(run) };
}

/** The old owner has been fenced and drained since before the flip was asked for; only the hold may be gone, so it is taken anew. */
async function complete(run: Run): Promise<CutoverReport> {
  run.maybeFlipped = true;
  await run.owners.fence('old', run.plan.deadlineMs);
  await run.owners.lift('new', run.plan.deadlineMs);
  run.holdId = (await run.ports.gate.hold(run.plan.tables, run.plan.deadlineMs)).id;
  return { plan: run.plan, outcome: 'done', recovered: 'completed', ...await commit(run) };
}

/** Everything that speaks against starting, at once. Rehearses the drain: it proves that replication is alive, and how far behind. */
async function precheck(plan: CutoverPlan, { ports, clock, precheck: how = 'verify' }: Conducted, owners: Owners): Promise<StepReport> {
  const started = clock.now();
  const findings: Finding[] = [];
  const fencedOld = await owners.fenced('old');
  if (fencedOld.length > 0) findings.push(problem('STR_ALREADY_CUT_OVER', `${fencedOld.join(', ')}: writes are fenced on ${plan.oldOwner} already, so ${plan.newOwner} owns the tables.`, `To go the other way: ${plan.undo}`));
  const rehearsed = clock.now();
  await ports.drain.marker().then((lsn) => ports.drain.caughtUp(lsn, plan.deadlineMs)).catch((error: unknown) => {
    if (error instanceof StranglerError && error.code === 'STR_DEAD_LETTERS_OPEN') findings.push(problem(error.code, error.message, error.remedy));
    else findings.push(problem('STR_REPLICATION_BEHIND', `${plan.newOwner} did not catch up within ${String(plan.deadlineMs)} ms: ${error instanceof Error ? error.message : String(error)}`, 'Start the replication, or wait until it has caught up: `strangler status` shows the lag.'));
  });
  const drainMs = clock.now() - rehearsed;
  if (how === 'verify' && findings.length === 0) findings.push(...notEqual(await owners.verify(Math.max(2_000, 4 * drainMs))));
  if (findings.length === 0) return { step: 'pre-check', ms: Math.round(clock.now() - started), detail: { drainMs, verified: how === 'verify' } };
  throw new FindingsError({ code: 'STR_CUTOVER_NOT_READY', exitCode: 1, message: `'${plan.name}' is not ready to be cut over; nothing was held or changed.`, remedy: 'Mend each of the findings and try again.' }, findings);
}

function notEqual(verdict: Verdict): Finding[] {
  if (verdict.kind === 'Verified') return [];
  return verdict.tables.filter(({ checked, differing }) => !checked || differing.length > 0).map(({ table, differing, why }) =>
    problem('STR_NOT_VERIFIED', `${table}: ${why ?? `${String(differing.length)} rows differ, the first at ${JSON.stringify(differing[0]?.key)}`}`, 'Run `strangler verify` for the rows; replay the table, or mend what wrote to the copy.'));
}

const problem = (code: Finding['code'], message: string, remedy: string): Finding => ({ code, severity: 'error', message, remedy });
