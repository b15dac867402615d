import { LADDER, printStage, stageName, StranglerError, type ErrorCode, type Stage, type StickyBy } from '@strangler/kernel';
import type { Evidence } from '../compare/evidence.ts';
import { parseStage, stageNotation, type StageDefaults } from './stage-notation.ts';

/** What the guards must know of a route. */
export interface RouteFacts {
  readonly id: string;
  readonly match: string;
  readonly to: string;
  readonly write: boolean;
  readonly configured: Stage;
  /** The key by which the service's rows are divided, if they are. */
  readonly dividedBy?: StickyBy;
}

/** The steps a canary takes by itself, in percent of callers. */
const CANARY_STEPS = [5, 25, 50, 100];

/** How far along a stage is: the ladder's rung, and the percent within the canary. */
const progress = (stage: Stage): number => LADDER.indexOf(stageName(stage)) * 1000 + (typeof stage === 'object' && 'canary' in stage ? stage.canary.percent : 0);

/** Whether `to` lies further up the ladder than `from`. A larger shadow sample counts as the same rung, and is allowed. */
export const isForward = (from: Stage, to: Stage): boolean => progress(to) > progress(from) || (stageName(from) === 'shadow' && stageName(to) === 'shadow');

/** The stage meant: `to` in its notation, or the next one up. @throws StranglerError STR_BAD_STAGE, STR_NOTHING_TO_PROMOTE. */
export function targetStage(route: RouteFacts, from: Stage, to: string | undefined, stickyBy: StickyBy | undefined): Stage {
  const defaults = defaultsOf(route, from, stickyBy);
  return parseStage(to ?? nextNotation(route, from), defaults);
}

function nextNotation(route: RouteFacts, from: Stage): string {
  if (from === 'retired') {
    throw new StranglerError({ code: 'STR_NOTHING_TO_PROMOTE', message: `Route '${route.id}' is retired: the end of the ladder.`, remedy: 'Take the route out of the config together with the monolith\'s code.', exitCode: 1 });
  }
  if (from === 'service') return 'retired';
  if (from === 'monolith') return 'shadow';
  if ('shadow' in from) return `canary:${String(CANARY_STEPS[0])}`;
  const next = CANARY_STEPS.find((percent) => percent > from.canary.percent);
  return next === undefined ? 'service' : `canary:${String(next)}`;
}

function defaultsOf({ configured, dividedBy, write }: RouteFacts, from: Stage, stickyBy: StickyBy | undefined): StageDefaults {
  const stages = [from, configured].filter((stage) => typeof stage === 'object');
  const shadow = stages.find((stage) => 'shadow' in stage)?.shadow ?? { sample: 1 };
  const canary = stages.find((stage) => 'canary' in stage)?.canary ?? { stickyBy: (write ? dividedBy : undefined) ?? 'client' };
  return { ...shadow, stickyBy: stickyBy ?? canary.stickyBy };
}

/**
 * Why a promotion may not happen, or `undefined`. Pure, and one function for the dry run and the act. Evidence may be overridden by `force`;
 * what would give one row two writers may not.
 */
export function refusal(route: RouteFacts, from: Stage, to: Stage, evidence: Evidence, force: boolean): StranglerError | undefined {
  return wrongDirection(route, from, to) ?? (route.write ? unsafeWrite(route, from, to) : undefined) ?? (force ? undefined : missingEvidence(route, from, to, evidence));
}

function wrongDirection(route: RouteFacts, from: Stage, to: Stage): StranglerError | undefined {
  if (!isForward(from, to)) {
    return refuse('STR_NOT_A_PROMOTION', `Route '${route.id}' is at ${printStage(from)}; ${printStage(to)} is not further.`, `To go back: strangler rollback ${route.id} --to ${stageNotation(to)}`);
  }
  if (to === 'retired' && from !== 'service') return refuse('STR_STAGE_SKIPPED', `Route '${route.id}' is at ${printStage(from)}; only a route that the service answers can be retired.`, `Promote it to service first: strangler promote ${route.id} --to service`);
  return undefined;
}

/** What would give a write two effects, or a row two writers. */
export function unsafeWrite(route: RouteFacts, from: Stage, to: Stage): StranglerError | undefined {
  if (typeof to === 'object' && 'shadow' in to) {
    return to.shadow.sandbox !== undefined ? undefined : refuse('STR_UNSAFE_SHADOW', `Route '${route.id}' would run ${route.match} twice: a shadowed write repeats its effects.`, 'Name a sandbox in the config (stage: { shadow: { sample, sandbox } }), or leave it at the monolith until cut-over.');
  }
  if (typeof to === 'object') {
    return to.canary.stickyBy === route.dividedBy ? undefined : refuse('STR_SPLIT_BRAIN', `Route '${route.id}' would send some callers' ${route.match} to ${route.to} and the rest to the monolith: two writers of one row.`, `Cut the write set over as a whole (strangler cutover), or divide the rows by the sticky key and say so in services.${route.to}.owns.dividedBy.`);
  }
  if (to === 'service' && from !== 'service') return refuse('STR_CUTOVER_NEEDED', `Route '${route.id}' writes: all routes that write the same tables must move together, behind a fence.`, 'Cut the write set over: strangler cutover.');
  return undefined;
}

/** Each step that lets more callers see the service must be earned; the shadow and the retirement change no answer. */
function missingEvidence(route: RouteFacts, from: Stage, to: Stage, evidence: Evidence): StranglerError | undefined {
  if (route.write || to === 'retired' || stageName(to) === 'shadow') return undefined;
  if (evidence.verdict === 'enough') return undefined;
  const [code, remedy] = evidence.verdict === 'failed'
    ? ['STR_EVIDENCE_FAILED', `See what differs: strangler compare ${route.id}. Once the service is mended: strangler compare ${route.id} --reset.`] as const
    : ['STR_EVIDENCE_INSUFFICIENT', from === 'monolith' ? `Shadow it first: strangler promote ${route.id} --to shadow.` : `Wait for more traffic (strangler compare ${route.id}), or override with --force and a reason.`] as const;
  return new StranglerError({ code, message: `Route '${route.id}' stays at ${printStage(from)}: ${evidence.because}`, remedy, exitCode: 1 });
}

const refuse = (code: ErrorCode, message: string, remedy: string): StranglerError => new StranglerError({ code, message, remedy, exitCode: 1 });

/** One way back exists from everywhere: to the monolith, or to any lower stage. @throws StranglerError STR_NOT_A_ROLLBACK. */
export function rollbackStage(route: RouteFacts, from: Stage, to: string | undefined, stickyBy?: StickyBy): Stage {
  const target = parseStage(to ?? 'monolith', defaultsOf(route, from, stickyBy));
  if (progress(target) < progress(from)) return target;
  throw refuse('STR_NOT_A_ROLLBACK', `Route '${route.id}' is at ${printStage(from)}; ${printStage(target)} is not back from there.`, `To go on: strangler promote ${route.id} --to ${stageNotation(target)}`);
}
