import { compareText } from '../model/evidence.ts';
import type { Cut, Preparation, RemedyKind, TablePlan } from './analysis.ts';
import { costOf } from './cuts.ts';

/** In which order such work is done: agree on words, free the data, then the calls, the transactions last, for they need all of it. */
const TURN: readonly RemedyKind[] = ['published types', 'anti-corruption layer', 'column split', 'drop constraint', 'read model', 'api call', 'event', 'outbox', 'saga'];

/** What must be done before a context can leave: its open cuts, one piece of work per remedy, neighbour and thing. */
export function preparationsFor(context: string, open: readonly Cut[], tables: readonly TablePlan[]): Preparation[] {
  const split = new Map(tables.filter(({ split: parts }) => parts.length > 1).map((plan) => [plan.table, plan]));
  const groups = new Map<string, Cut[]>();
  for (const cut of open) {
    const key = `${cut.remedy.kind}\n${cut.from}\n${cut.to}\n${cut.remedy.text}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [cut]);
    else list.push(cut);
  }
  return [...groups.values()].flatMap((cuts) => cuts.slice(0, 1).map((first): Preparation => ({
    remedy: first.remedy.kind, text: `${first.from === context ? `towards ${first.to}` : `for ${first.from}`}: ${textOf(first, split)}`, cost: Math.round(costOf(cuts) * 100) / 100, cuts: cuts.length, evidence: first.evidence,
  }))).sort((a, b) => TURN.indexOf(a.remedy) - TURN.indexOf(b.remedy) || b.cost - a.cost || compareText(a.text, b.text));
}

/** A column split names its parts. */
function textOf({ remedy, what }: Cut, split: ReadonlyMap<string, TablePlan>): string {
  const plan = remedy.kind === 'column split' ? [...split.values()].find(({ table }) => remedy.text.startsWith(`Split ${table} `)) : undefined;
  return plan === undefined ? `${remedy.text}${remedy.kind === 'saga' || remedy.kind === 'outbox' ? ` (${what})` : ''}` : `Split ${plan.table} into ${plan.split.map(({ name, columns }) => `${name} (${columns.join(', ')})`).join(', ')}.`;
}
