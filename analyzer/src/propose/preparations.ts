import { compareText } from '../model/evidence.ts';
import type { Cut, CutKind, Preparation, RemedyKind, TablePlan } from './analysis.ts';
import { costOf } from './cuts.ts';

/** In which order such work is done: agree on words, free the data, then the calls, the transactions last, for they need all of it. */
const TURN: readonly RemedyKind[] = ['published types', 'anti-corruption layer', 'column split', 'drop constraint', 'read model', 'api call', 'event', 'outbox', 'saga'];
/** Things named per piece of work; the cuts name them all. */
const NAMED = 6;

/** What must be done before a context can leave: its open cuts, one piece of work per neighbour, direction and kind; a table to split and a transaction each for itself. */
export function preparationsFor(context: string, open: readonly Cut[], tables: readonly TablePlan[]): Preparation[] {
  const groups = Map.groupBy(open, ({ kind, remedy, from, to, target, what }) => [remedy.kind, kind, ...(remedy.kind === 'column split' ? [target] : [from, to, ...(kind === 'transaction' ? [what] : [])])].join('\n'));
  return [...groups.values()].flatMap((cuts) => cuts.slice(0, 1).map((first): Preparation => ({
    remedy: first.remedy.kind, text: textOf(context, first, { things: thingsOf(cuts), tables }), cost: Math.round(costOf(cuts) * 100) / 100, cuts: cuts.length, evidence: first.evidence,
  }))).sort((a, b) => TURN.indexOf(a.remedy) - TURN.indexOf(b.remedy) || b.cost - a.cost || compareText(a.text, b.text));
}

function textOf(context: string, { from, kind, remedy, target, to, what }: Cut, { things, tables }: { readonly things: string; readonly tables: readonly TablePlan[] }): string {
  if (remedy.kind === 'column split') return `split ${target} into ${(tables.find(({ table }) => table === target)?.split ?? []).map(({ name, columns }) => `${name} (${columns.join(', ')})`).join(', ')}`;
  if (kind === 'transaction') return `${remedy.kind === 'saga' ? 'a saga' : 'an outbox'} in place of the transaction: ${what}`;
  const neighbour = to === context ? `for ${from}` : `with ${to}`;
  return `${neighbour}: ${(remedy.kind === 'read model' ? REPLICATE : WORK[kind])({ things, from, to, remedy })}`;
}

type Work = (cut: Pick<Cut, 'from' | 'to' | 'remedy'> & { readonly things: string }) => string;

const REPLICATE: Work = ({ things, from, to }) => `replicate ${things} from ${to} to ${from}`;
const WORK: Readonly<Record<Exclude<CutKind, 'transaction'>, Work>> = {
  call: ({ things, to }) => `offer ${things} as an API of ${to}`,
  type: ({ things }) => `publish the types of ${things}`,
  import: ({ things, to }) => `copy what is used of ${things}, or ask ${to} for it`,
  foreignKey: ({ things, to, remedy }) => `drop the foreign keys to ${things}${remedy.kind === 'event' ? ` and follow ${to}'s deletions by event` : '; look for orphans in the background'}`,
  write: ({ things, to }) => `commands for ${things}, which only ${to} writes`,
  read: ({ things, to }) => `an API of ${to} for the rows of ${things}`,
  join: ({ things, to }) => `an API of ${to} for the rows of ${things}`,
};

/** What the cuts need on the far side: functions by their name, modules and tables as they are. */
function thingsOf(cuts: readonly Cut[]): string {
  const things = [...new Set(cuts.map(({ target }) => target.slice(target.indexOf('#') + 1)))].sort(compareText);
  return `${things.slice(0, NAMED).join(', ')}${things.length > NAMED ? ` and ${String(things.length - NAMED)} more` : ''}`;
}
