import { compareText } from '../../model/evidence.ts';
import { tableItem, type Constraints, type ContextPin, type ContextPins } from '../../cluster/pins.ts';
import type { ServiceCandidate, Strain } from '../analysis.ts';
import { anchorOf } from '../pin-lines.ts';
import { isTable, plain } from '../reasons.ts';
import type { Settled } from '../settle.ts';
import { SHARED, type Done } from './apply.ts';

/**
 * Pins under which a fresh analysis gives what the moves gave: each context that was touched is named by an anchor and by what was moved into it; one that was merged or split, by all
 * it holds. A context that lost something is named, too: two pinned contexts never merge. What nobody moved is free: it may follow its neighbours.
 */
export function pinsFor(done: readonly Done[], after: readonly ServiceCandidate[], before: readonly ServiceCandidate[]): ContextPins {
  const there = new Map(after.map((context) => [context.name, itemsOf(context)]));
  const home = new Map([...there].flatMap(([name, items]) => items.map((item) => [item, name] as const)));
  const moved = [...new Set(done.flatMap(({ items }) => items))];
  const pinned = new Map<string, Set<string>>();
  const pin = (name: string | undefined, items: readonly string[]): void => {
    if (name === undefined || !there.has(name)) return;
    pinned.set(name, new Set([...pinned.get(name) ?? [], ...items]));
  };
  for (const name of done.flatMap(({ from, to }) => [...from, to])) {
    const anchor = anchorOf(after, name, ...moved) ?? anchorOf(after, name);
    if (anchor !== undefined) pin(name, [anchor]);
  }
  for (const item of moved) pin(home.get(item), [item]);
  for (const { move, from, to } of done) if (move.kind !== 'move') for (const name of [...from, to]) pin(name, there.get(name) ?? []);
  const shared = moved.filter((item) => !home.has(item) && before.some(({ modules }) => modules.includes(item))).sort(compareText);
  return {
    contexts: Object.fromEntries([...pinned].sort(([a], [b]) => compareText(a, b)).map(([name, items]): [string, ContextPin] => [name, { ...listed('modules', items), ...listed('tables', items) }])),
    ...(shared.length === 0 ? {} : { shared }),
  };
}

const itemsOf = ({ modules, tables }: ServiceCandidate): string[] => [...modules, ...tables.map(tableItem)];

function listed(part: 'modules' | 'tables', items: ReadonlySet<string>): ContextPin {
  const its = [...items].filter((item) => isTable(item) === (part === 'tables')).map(plain).sort(compareText);
  return its.length === 0 ? {} : { [part]: its };
}

/** What the team decided already and the moves would undo. */
export function brokenPins({ together, apart, shared, names }: Constraints, { communityOf, names: contexts }: Settled, { contexts: pinned = {} }: ContextPins): Strain[] {
  const nameOf = (item: string): string => contexts[communityOf.get(item) ?? -1] ?? SHARED;
  const strain = (what: string): Strain => ({ rule: 'a pin holds', what, remedy: 'Change the pin in strangler.contexts.yaml, or leave it where the team wanted it.' });
  return [
    ...together.filter(([a, b]) => nameOf(a) !== nameOf(b)).map(([a, b]) => strain(`pins hold ${plain(a)} and ${plain(b)} together; this puts them into ${nameOf(a)} and ${nameOf(b)}`)),
    ...apart.filter(([a, b]) => nameOf(a) === nameOf(b) && nameOf(a) !== SHARED).map(([a, b]) => strain(`pins hold ${plain(a)} and ${plain(b)} apart; this puts both into ${nameOf(a)}`)),
    ...[...shared].filter((module) => nameOf(module) !== SHARED).map((module) => strain(`pins keep ${module} shared; this puts it into ${nameOf(module)}`)),
    ...[...names].filter(([name, item]) => pinned[name] !== undefined && nameOf(item) !== name).map(([name, item]) => strain(`pins name the context of ${plain(item)} ${name}; this calls it ${nameOf(item)}`)),
  ];
}
