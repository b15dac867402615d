import { StranglerError, type Stage, type StickyBy } from '@strangler/kernel';
import type { Engine } from '../engine.ts';
import { writeSet } from '../fence/write-set.ts';
import type { Route } from '../match/route-table.ts';
import { stageNotation } from '../state/stage-notation.ts';
import type { ProxyState, StageChange } from '../state/store.ts';
import { refusal, rollbackStage, targetStage, unsafeWrite, type RouteFacts } from '../state/transition.ts';
import type { ChangeBody, Changed, FlipBody, Flipped, Plan } from './shapes.ts';

/** What people can ask of the stages. Each asks the same pure guards for its plan and for its act. */

/** @throws StranglerError STR_UNKNOWN_ROUTE with the nearest names. */
export function routeById({ table }: Engine, id: string): Route {
  const route = table.byId(id);
  if (route !== undefined) return route;
  const near = table.routes.map((each) => ({ id: each.id, distance: distance(each.id, id) })).sort((a, b) => a.distance - b.distance).slice(0, 3).map((each) => each.id);
  throw new StranglerError({ code: 'STR_UNKNOWN_ROUTE', message: `There is no route '${id}'.`, remedy: near.length === 0 ? 'The config names no routes.' : `Did you mean ${near.join(', ')}? \`strangler status\` lists all.` });
}

export async function promote(engine: Engine, id: string, body: ChangeBody): Promise<Changed> {
  const route = routeById(engine, id);
  const propose = (current: ProxyState): Plan => promotion(engine, route, current, body);
  return change(engine, 'promote', body, propose);
}

export async function rollback(engine: Engine, id: string, body: ChangeBody): Promise<Changed> {
  const route = routeById(engine, id);
  const propose = (current: ProxyState): Plan => retreat(engine, route, current, body);
  return change(engine, 'rollback', body, propose);
}

async function change(engine: Engine, act: 'promote' | 'rollback', { execute = false, by, why }: ChangeBody, propose: (current: ProxyState) => Plan): Promise<Changed> {
  if (!execute) return { plan: propose(engine.state.current), executed: false, epoch: engine.state.current.epoch };
  let plan: Plan | undefined;
  const { epoch } = await engine.state.change((current) => {
    plan = propose(current);
    const { changes, evidence, forced } = plan;
    return { act, changes, by, why, evidence, ...(forced === undefined ? {} : { forced: forced as `STR_${string}` }) };
  });
  return { plan: plan ?? propose(engine.state.current), executed: true, epoch };
}

function promotion(engine: Engine, route: Route, current: ProxyState, { to, stickyBy, force = false }: ChangeBody): Plan {
  const from = stageOf(current, route);
  const facts = factsOf(engine, route);
  const target = targetStage(facts, from, to, asStickyBy(stickyBy));
  const evidence = engine.comparisons.evidence(route.id);
  const earned = refusal(facts, from, target, evidence, false);
  const refused = force ? refusal(facts, from, target, evidence, true) : earned;
  if (refused !== undefined) throw refused;
  resolveSandbox(engine, target);
  return {
    route: route.id, from, to: target, changes: together(engine, route, current, target), evidence,
    because: earned === undefined ? evidence.because : `forced past ${earned.code}: ${earned.message}`, ...(earned === undefined ? {} : { forced: earned.code }),
    undo: `strangler rollback ${route.id} --to ${stageNotation(from)}`,
  };
}

function retreat(engine: Engine, route: Route, current: ProxyState, { to, stickyBy }: ChangeBody): Plan {
  const from = stageOf(current, route);
  const target = rollbackStage(factsOf(engine, route), from, to, asStickyBy(stickyBy));
  resolveSandbox(engine, target);
  const unsafe = route.write && typeof target === 'object' ? unsafeWrite(factsOf(engine, route), from, target) : undefined;
  if (unsafe !== undefined) throw unsafe;
  const changes = together(engine, route, current, target);
  const owned = route.write && (from === 'service' || from === 'retired') && target !== 'service';
  return {
    route: route.id, from, to: target, changes, evidence: engine.comparisons.evidence(route.id),
    because: owned ? 'the routes of one write set go back together; without a fence, writes under way end where they began' : 'going back needs no evidence',
    undo: owned ? 'strangler cutover' : `strangler promote ${route.id} --to ${stageNotation(from)}`,
  };
}

/**
 * A write does not change its writer alone: where the monolith or a canary begins or ends to own rows, all routes of the write set take the same
 * step, or one key would have two writers. A shadow and a retirement change no writer.
 */
function together(engine: Engine, route: Route, current: ProxyState, target: Stage): StageChange[] {
  const alone = !route.write || ownerAt(stageOf(current, route)) === ownerAt(target);
  const ids = alone ? [route.id] : writeSet(writers(engine), route.config.writes ?? []);
  const others = ownerAt(target) === 'monolith' ? 'monolith' : target;
  return ids.map((id): StageChange => ({ route: id, from: current.routes[id]?.stage ?? 'monolith', to: id === route.id ? target : others })).filter(({ from, to }) => from !== to);
}

/** Who writes the rows behind a route at this stage. */
function ownerAt(stage: Stage): string {
  if (stage === 'retired') return 'service';
  return typeof stage === 'object' && 'shadow' in stage ? 'monolith' : stageNotation(stage);
}

/** Changes the owner of a fenced write set: one durable write, one epoch, whatever the number of routes. */
export async function flip(engine: Engine, fenceId: string, { to, by, why }: FlipBody): Promise<Flipped> {
  let changes: readonly StageChange[] = [];
  let epoch = engine.state.current.epoch;
  const released = await engine.fences.flip(fenceId, async (routes) => {
    const entry = await engine.state.change((current) => {
      changes = routes.map((route) => ({ route, from: current.routes[route]?.stage ?? 'monolith', to }));
      return { act: 'cutover', changes, by, why };
    });
    epoch = entry.epoch;
  });
  return { ...released, epoch, changes };
}

/** Counts one route, or all, afresh: the candidate was replaced, what was seen of the last one proves nothing about this one. */
export async function resetComparison(engine: Engine, route: string | undefined, by: string, why: string): Promise<readonly string[]> {
  const ids = route === undefined ? engine.table.routes.map(({ id }) => id) : [routeById(engine, route).id];
  await engine.state.change((current) => ({
    act: 'compare-reset', by, why, changes: ids.map((id) => ({ route: id, from: current.routes[id]?.stage ?? 'monolith', to: current.routes[id]?.stage ?? 'monolith' })),
  }));
  await engine.comparisons.reset(ids);
  return ids;
}

export const writers = ({ table }: Engine): { id: string; write: boolean; writes: readonly string[] }[] => table.routes.map(({ id, write, config: { writes = [] } }) => ({ id, write, writes }));

const stageOf = (current: ProxyState, { id }: Route): Stage => current.routes[id]?.stage ?? 'monolith';

function factsOf({ config }: Engine, { id, to, write, config: route }: Route): RouteFacts {
  const dividedBy = config.services[to]?.owns.dividedBy;
  return { id, match: route.match, to, write, configured: route.stage, ...(dividedBy === undefined ? {} : { dividedBy }) };
}

/** A stage that names a sandbox which cannot be resolved must not be entered. */
function resolveSandbox({ places }: Engine, stage: Stage): void {
  if (typeof stage === 'object' && 'shadow' in stage && stage.shadow.sandbox !== undefined) places.sandbox(stage.shadow.sandbox);
}

function asStickyBy(text: string | undefined): StickyBy | undefined {
  if (text === undefined || text === 'client') return text;
  const name = /^(header|cookie):([^\s:]+)$/.exec(text);
  if (name !== null) return `${name[1] === 'header' ? 'header' : 'cookie'}:${name[2] ?? ''}`;
  throw new StranglerError({ code: 'STR_BAD_STICKY_BY', message: `'${text}' identifies no caller.`, remedy: 'One of header:NAME, cookie:NAME, client.' });
}

/** Levenshtein's distance, by the two-row method. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
