import { compareText, type ModulePath } from '../model/evidence.ts';
import type { Layer, Link } from '../cluster/link.ts';
import type { Flip, Reason } from './analysis.ts';
import { plain, reasonOf } from './reasons.ts';

/** What a programmer can change; history, names and where a file lies are not ties of the code. */
const CHANGEABLE: ReadonlySet<Layer> = new Set(['transaction', 'write', 'endpoint', 'call', 'import', 'foreignKey', 'read', 'type']);
/** More ties than that to cut or to add is no counterfactual but another program. */
const MOST_TIES = 5;

export interface Sides {
  /** The context that a module is in, and the one it leans on next. */
  readonly own: { readonly name: string; readonly weight: number; readonly links: readonly Link[] };
  readonly other: { readonly name: string; readonly weight: number; readonly links: readonly Link[] };
}

/**
 * The least that would make the runner-up the stronger side. Removing all evidence between the module and one other end is one tie; taking the heaviest first is the fewest.
 * When adding ties like its strongest one into the runner-up takes fewer, that is the answer.
 */
export function flipOf(module: ModulePath, { own, other }: Sides): Flip {
  const gap = own.weight - other.weight;
  const to = other.name;
  if (gap < 0) return { to, by: 'leans already', ties: [], more: 0, says: `its own ties lean on ${to} already; what holds it in ${own.name} is the company it keeps` };
  const removal = fewest(module, own.links, gap);
  const [strongest] = other.links.filter(({ layer }) => CHANGEABLE.has(layer));
  const more = strongest === undefined ? Infinity : Math.floor(gap / strongest.weight) + 1;
  if (removal !== undefined && removal.length <= more) return { to, by: 'removal', ties: removal, more: 0, says: `if ${removal.map((tie) => negated(module, tie)).join(' and ')}, it would move to ${to}` };
  if (strongest !== undefined && more <= MOST_TIES) return { to, by: 'addition', ties: [reasonOf(strongest)], more, says: `with ${String(more)} more tie${more === 1 ? '' : 's'} like “${sentence(module, reasonOf(strongest))}”, it would move to ${to}` };
  return { to, by: 'none', ties: [], more: 0, says: `more than ${String(MOST_TIES)} ties hold it: nothing short of another design would move it to ${to}` };
}

/** The heaviest ties until they outweigh the gap; undefined when a handful does not. */
function fewest(module: ModulePath, links: readonly Link[], gap: number): Reason[] | undefined {
  const ties: Reason[] = [];
  let removed = 0;
  for (const { reason, weight } of tiesOf(module, links).slice(0, MOST_TIES)) {
    ties.push(reason);
    removed += weight;
    if (removed > gap) return ties;
  }
  return undefined;
}

/** All changeable evidence between the module and one other end, heaviest end first; its strongest piece speaks for it. */
function tiesOf(module: ModulePath, links: readonly Link[]): { reason: Reason; weight: number }[] {
  const byEnd = new Map<string, Link[]>();
  for (const link of links) {
    if (!CHANGEABLE.has(link.layer)) continue;
    const end = link.a === module ? link.b : link.a;
    const list = byEnd.get(end);
    if (list === undefined) byEnd.set(end, [link]);
    else list.push(link);
  }
  return [...byEnd].flatMap(([end, all]) => all.slice(0, 1).map((link) => ({ end, reason: reasonOf(link), weight: all.reduce((sum, { weight }) => sum + weight, 0) })))
    .sort((x, y) => y.weight - x.weight || compareText(x.end, y.end));
}

/** `it imports catalog/price.ts`; an endpoint and a transaction are their own subject. */
function sentence(module: ModulePath, { a, layer, says }: Reason): string {
  const named = says.replaceAll(module, 'it');
  return OWN_SUBJECT.has(layer) ? named : `${a === module ? 'it' : plain(a)} ${named}`;
}

function negated(module: ModulePath, tie: Reason): string {
  const text = sentence(module, tie);
  if (tie.layer === 'endpoint') return text.replace(/ (writes|reads|is answered) /, ' no longer $1 ');
  return OWN_SUBJECT.has(tie.layer) ? `it were no longer so that ${text}` : text.replace(' ', ' no longer ');
}

const OWN_SUBJECT: ReadonlySet<Layer> = new Set(['endpoint', 'transaction', 'foreignKey', 'names', 'coChange']);
