import type { CallSite } from '../calls.ts';
import { findBinding } from '../link/scopes.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';

const ROUNDS = 5;

/**
 * Carries transactions into functions that are handed one: `reserve(items, trx)` called inside `transaction((trx) => …)` runs inside it.
 * A function called from several transactions is counted to the first.
 */
export const propagateTransactions = (inside: Map<FunctionFact, string>, sites: ReadonlyMap<FunctionFact, readonly CallSite[]>): void => {
  for (let round = 0; round < ROUNDS; round += 1) {
    let changed = false;
    for (const [called, from] of sites) {
      const id = inside.has(called) ? undefined : from.map((site) => transactionOf(site, inside)).find((one) => one !== undefined);
      if (id === undefined) continue;
      inside.set(called, id);
      changed = true;
    }
    if (!changed) return;
  }
};

const transactionOf = ({ file, scope, call }: CallSite, inside: ReadonlyMap<FunctionFact, string>): string | undefined => {
  const id = enclosing(file, scope, inside);
  return id !== undefined && call.args.some((arg) => isHandedOn(arg, file, scope)) ? id : undefined;
};

const enclosing = (file: FileFacts, scope: number, inside: ReadonlyMap<FunctionFact, string>): string | undefined => {
  for (let at = scope; at > 0; at = file.functions[at]?.parent ?? -1) {
    const fact = file.functions[at];
    const id = fact === undefined ? undefined : inside.get(fact);
    if (id !== undefined) return id;
  }
  return undefined;
};

const HANDED = /^(?:t|trx|tx|transaction|conn|connection|client|manager|em|entityManager|queryRunner|session|db|knex|dbTx|prisma)$|(?:Trx|Tx|Transaction|Manager|Client)$/;

/** A parameter that is called like a transaction, alone or in an options object. */
const isHandedOn = (arg: Expr, file: FileFacts, scope: number): boolean => {
  if (arg.kind === 'object') return arg.properties.some(({ value }) => value.kind === 'name' && isHandedOn(value, file, scope));
  if (arg.kind !== 'name' || !HANDED.test(arg.name)) return false;
  const binding = findBinding(file, scope, arg.name);
  return binding !== undefined && binding.scope !== 0;
};
