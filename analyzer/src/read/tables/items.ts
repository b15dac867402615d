import { handedIn } from '../link/handed.ts';
import { findBinding } from '../link/scopes.ts';
import type { Expr } from '../parse/facts.ts';
import { chainOf, type Chain } from './chain.ts';
import type { Place } from './found.ts';

const EACH = /^(?:forEach|map|flatMap|filter|some|every|each|mapSeries)$/;

/** The chain that gave the list of which a name is one: `for (const user of users)`, `users.map((user) => …)`. */
export const itemOf = (name: string, place: Place): Chain | undefined => {
  const binding = findBinding(place.file, place.scope, name);
  if (binding?.from === 'each') return binding.value === undefined ? undefined : listChain(binding.value, place);
  return binding?.from === 'parameter' && binding.position === 0 && binding.path.length === 0 ? ofCallback(binding.scope, place) : undefined;
};

const ofCallback = (scope: number, place: Place): Chain | undefined => {
  const callee = handedIn(place.file).get(scope)?.call.callee;
  return callee?.kind === 'member' && EACH.test(callee.name) ? listChain(callee.of, place) : undefined;
};

const listChain = (list: Expr, place: Place): Chain | undefined => {
  if (list.kind === 'name') return place.models.chainBoundTo(place, list.name);
  return list.kind === 'await' || list.kind === 'call' ? chainOf(list) : undefined;
};
