import type { Expr } from '../parse/facts.ts';
import { findBinding } from '../link/scopes.ts';
import { chainOf, type Chain } from './chain.ts';
import type { Place } from './found.ts';

/** What object mappers declare: which class or name stands for which table. */
export class Models {
  /** The chain a local variable was made by. */
  chainBoundTo(place: Place, name: string): Chain | undefined {
    const binding = findBinding(place.file, place.scope, name);
    const value: Expr | undefined = binding?.path.length === 0 ? binding.value : undefined;
    return value === undefined || (value.kind !== 'call' && value.kind !== 'await') ? undefined : chainOf(value);
  }
}
