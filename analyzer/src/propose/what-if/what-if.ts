import { StranglerError, FindingsError } from '@strangler/kernel';
import { compareText } from '../../model/evidence.ts';
import type { Clustering } from '../../cluster/cluster.ts';
import type { ContextPins } from '../../cluster/pins.ts';
import { programModules } from '../../measure/program.ts';
import { quality, type Quality } from '../../measure/quality.ts';
import type { Cut, DivisionCost, Saga, Strain } from '../analysis.ts';
import { serviceCandidates } from '../candidates.ts';
import { flowsOf } from '../flows.ts';
import { namesOf, vocabularyOf } from '../names.ts';
import { extractionOrder } from '../order.ts';
import { pinLines } from '../pin-lines.ts';
import { settle, type Ground, type Settled } from '../settle.ts';
import { findStrains } from '../strains.ts';
import { applyMoves, and, SHARED, type Done } from './apply.ts';
import { GRAMMAR, parseMoves } from './moves.ts';
import { brokenPins, pinsFor } from './what-if-pins.ts';
import { plain } from '../reasons.ts';

/** A proposal before and after somebody's change. Nothing was clustered again: only what was named has moved. */
export interface WhatIf {
  /** The moves as they were understood. */
  readonly moves: readonly string[];
  readonly before: Score;
  readonly after: Score;
  readonly cuts: Change<Cut>;
  readonly sagas: Change<Saga>;
  /** Endpoints that another context would answer. */
  readonly endpoints: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  readonly strains: Change<Strain>;
  /** Pins that would make it permanent, to be merged into strangler.contexts.yaml. */
  readonly pins: ContextPins;
  /** The same as lines to paste. */
  readonly pinLines: string;
}

export interface Score {
  readonly contexts: readonly { readonly name: string; readonly modules: number; readonly tables: number }[];
  readonly quality: Quality;
  readonly cost: DivisionCost;
  /** Contexts in the order of extraction. */
  readonly order: readonly string[];
}

export interface Change<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
}

/**
 * Re-scores a proposal after moves like `move orders/tax.ts to pricing; merge stock with catalog`.
 * @throws FindingsError STR_BAD_WHAT_IF with everything that was not understood or does not exist, and what may have been meant.
 */
export function whatIf(text: string, ground: Ground, clustering: Clustering, pins: ContextPins = {}): WhatIf {
  const { model, measures } = ground;
  const { placement } = clustering.chosen;
  const before = settle(ground, placement.communityOf, namesOf(vocabularyOf(model), placement, clustering.constraints));
  const draught = { communityOf: new Map(placement.communityOf), names: [...before.names] };
  const done = carryOut(text, draught, { modules: programModules(model), tables: measures.tables.map(({ table }) => table) });
  const compact = withoutEmpty(draught.communityOf, draught.names);
  const after = settle(ground, compact.communityOf, compact.names);
  const scored = [before, after].map((settled) => scoreOf(ground, clustering, settled));
  const [was, is] = scored as [Scored, Scored];
  const permanent = pinsFor(done, is.candidates, was.candidates);
  return {
    moves: done.map(sentence), before: was.score, after: is.score,
    cuts: changes(before.cuts, after.cuts, ({ kind, source, target, evidence, within }) => [kind, source, target, within, evidence.file, evidence.line].join('\n')),
    sagas: changes(before.sagas, after.sagas, ({ id, kind, orchestrator, steps }) => [id, kind, orchestrator, ...steps.map(({ context, writes }) => `${context} ${writes.join()}`)].join('\n')),
    endpoints: before.endpoints.flatMap(({ id, context = SHARED }, i) => {
      const to = after.endpoints[i]?.context ?? SHARED;
      return to === context ? [] : [{ id, from: context, to }];
    }).sort((a, b) => compareText(a.id, b.id)),
    strains: changes(findStrains(before), [...findStrains(after), ...brokenPins(clustering.constraints, after, pins)], strainIdentity),
    pins: permanent, pinLines: pinLines(permanent),
  };
}

function carryOut(text: string, draught: { communityOf: Map<string, number>; names: string[] }, known: Parameters<typeof applyMoves>[2]): readonly Done[] {
  const { moves, strange } = parseMoves(text);
  if (moves.length + strange.length === 0) throw new StranglerError({ code: 'STR_BAD_WHAT_IF', message: '--what-if was given nothing to do.', remedy: GRAMMAR });
  const { done, problems } = applyMoves(moves, draught, known);
  const all = [...strange.map((part) => ({ where: `'${part}'`, message: 'This is no move.' })), ...problems];
  if (all.length === 0) return done;
  throw new FindingsError({ code: 'STR_BAD_WHAT_IF', message: all.length === 1 ? all[0]?.message ?? '' : `${String(all.length)} things stand against these moves.`, remedy: `Moves: ${GRAMMAR}.` },
    all.map(({ where, message }) => ({ code: 'STR_BAD_WHAT_IF', severity: 'error', where, message })));
}

/** A strain has its place, whatever the contexts around it are called now. */
const strainIdentity = ({ rule, what, evidence }: Strain): string => `${rule}\n${evidence === undefined ? what : `${evidence.file}:${String(evidence.line)}`}`;

/** Contexts that lost everything are gone; the others keep their order. */
function withoutEmpty(communityOf: ReadonlyMap<string, number>, names: readonly string[]): { communityOf: Map<string, number>; names: string[] } {
  const used = new Set(communityOf.values());
  const kept = names.map((_, i) => i).filter((i) => used.has(i));
  const number = new Map(kept.map((old, now) => [old, now]));
  return { communityOf: new Map([...communityOf].map(([item, old]) => [item, number.get(old) ?? 0])), names: kept.map((i) => names[i] ?? '') };
}

interface Scored {
  readonly score: Score;
  readonly candidates: ReturnType<typeof serviceCandidates>;
}

function scoreOf({ model }: Ground, { links }: Clustering, settled: Settled): Scored {
  const candidates = serviceCandidates(model, links, settled);
  const labels = new Map([...settled.communityOf].filter(([item]) => !item.startsWith('table:')).map(([item, community]) => [item, String(community)]));
  return {
    candidates,
    score: {
      contexts: candidates.map(({ name, modules, tables }) => ({ name, modules: modules.length, tables: tables.length })),
      quality: quality(labels, flowsOf(model)), cost: settled.cost, order: extractionOrder(model, candidates, settled).map(({ context }) => context),
    },
  };
}

function changes<T>(before: readonly T[], after: readonly T[], identity: (one: T) => string): Change<T> {
  const [was, is] = [new Set(before.map(identity)), new Set(after.map(identity))];
  return { added: after.filter((one) => !was.has(identity(one))), removed: before.filter((one) => !is.has(identity(one))) };
}

function sentence({ move, items, from, to }: Done): string {
  const what = items.length > 4 ? `${String(items.length)} items` : and(items.map((item) => (item.startsWith('table:') ? `table ${plain(item)}` : item)));
  switch (move.kind) {
    case 'move': return `move ${what} from ${and(from)} to ${to}`;
    case 'merge': return `merge ${and(from)} as ${to}`;
    case 'split': return `split ${what} out of ${and(from)} as ${to}`;
  }
}
