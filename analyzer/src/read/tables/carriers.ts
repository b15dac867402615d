import { visit } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts, FunctionFact, ParameterFact, Pattern, Step } from '../parse/facts.ts';
import { receiverOf } from './transactions.ts';

/** A function that runs inside a transaction, and by what it has it: names that carry it on to whom they are handed. */
export interface Held {
  readonly id: string;
  readonly names: ReadonlySet<string>;
  /** The instance itself has it: `service.reserve()` where the service was made for the transaction. */
  readonly self: boolean;
  /** Everything called from here is inside: a transaction of the surroundings, handed to nobody. */
  readonly ambient: boolean;
}

export const namesIn = (pattern: Pattern): string[] => {
  if (pattern.kind === 'name') return [pattern.name];
  if (pattern.kind === 'array') return pattern.items.flatMap((item) => (item === undefined ? [] : namesIn(item)));
  return [...pattern.entries.flatMap(({ target }) => namesIn(target)), ...(pattern.rest === undefined ? [] : [pattern.rest])];
};

export const parameterNames = (fact: FunctionFact): string[] => fact.parameters.flatMap(({ pattern }) => namesIn(pattern));

export const mentions = (expr: Expr, names: ReadonlySet<string>): boolean => {
  let found = false;
  visit(expr, (one) => { found ||= one.kind === 'name' && names.has(one.name); });
  return found;
};

const MAKES_CARRIER = /repo|repositor|service|store|uow|unit|trx|tx|transaction|manager|client|session|context|query|bind|with/i;

/** Names a function makes of those it was given: `const orders = manager.getRepository(Order)`. What was awaited is a result, unless it says otherwise. */
const derived = (steps: readonly Step[], names: Set<string>): void => {
  for (const step of steps) {
    if (step.kind === 'each') derived(step.body, names);
    if (step.kind === 'let' && step.value !== undefined && carriesOn(step.value) && mentions(step.value, names)) for (const name of namesIn(step.pattern)) names.add(name);
  }
};

const carriesOn = (value: Expr): boolean => {
  if (value.kind !== 'await') return value.kind !== 'function';
  const called = value.of.kind === 'call' ? value.of.callee : undefined;
  return called?.kind === 'member' ? MAKES_CARRIER.test(called.name) && !/^(?:save|find|get(?!Repo|Custom))/.test(called.name) : called?.kind === 'name' && MAKES_CARRIER.test(called.name);
};

/** All names that carry the transaction at a place, from the function that has it inwards. */
export const carriersAt = (file: FileFacts, scope: number, holder: number, held: Held): ReadonlySet<string> => {
  const path: FunctionFact[] = [];
  for (let at = scope; at >= 0; at = file.functions[at]?.parent ?? -1) {
    const fact = file.functions[at];
    if (fact !== undefined) path.unshift(fact);
    if (at === holder) break;
  }
  const names = new Set(held.names);
  for (const { steps } of path) derived(steps, names);
  return names;
};

/** What a called function has of a transaction; undefined when it is not handed on. */
export const handedOn = (call: CallExpr, called: FunctionFact, held: Held, names: ReadonlySet<string>): Held | undefined => {
  const receiver = receiverOf(call);
  const self = receiver !== undefined && (mentions(receiver, names) || (held.self && isOwn(receiver)));
  const given = called.parameters.flatMap((parameter, position) => givenTo(parameter, position, call, names));
  if (!self && given.length === 0 && !held.ambient) return undefined;
  return { id: held.id, names: new Set(given), self: self || (called.member !== undefined && given.length > 0 && called.member.kind === 'constructor'), ambient: held.ambient };
};

const isOwn = (receiver: Expr): boolean => receiver.kind === 'this' || receiver.kind === 'super' || (receiver.kind === 'member' && isOwn(receiver.of));

const givenTo = ({ pattern, rest }: ParameterFact, position: number, call: CallExpr, names: ReadonlySet<string>): string[] => {
  const args = rest ? call.args.slice(position) : call.args.slice(position, position + 1);
  const [arg] = args;
  if (arg === undefined || !args.some((one) => mentions(one, names))) return [];
  if (pattern.kind !== 'object' || arg.kind !== 'object') return namesIn(pattern);
  return pattern.entries.flatMap(({ key, target }) => {
    const property = arg.properties.find(({ name }) => name === key);
    return property !== undefined && mentions(property.value, names) ? namesIn(target) : [];
  });
};
