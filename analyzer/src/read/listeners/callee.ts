import { findBinding } from '../link/scopes.ts';
import type { Type } from '../link/type.ts';
import type { Types } from '../link/types.ts';
import type { CallExpr, Expr, FileFacts } from '../parse/facts.ts';
import { calleeName, type Callee } from './registrars.ts';

/** What a call calls, and on what: also where a package made the thing (`kafka.consumer()`), of which no types are known. */
export const calleeOf = (call: CallExpr, file: FileFacts, scope: number, types: Types, emits: Callee['emits']): Callee => {
  const receiver = call.callee.kind === 'member' ? call.callee.of : undefined;
  const receiverType = receiver === undefined ? undefined : types.of(file, scope, receiver) ?? madeBy(file, scope, receiver, types);
  const type = types.of(file, scope, call.callee) ?? (receiverType?.kind === 'external' ? { ...receiverType, name: `${receiverType.name}.${calleeName(call)}` } : undefined);
  return { type, receiver, receiverType, emits };
};

const FURTHEST = 8;

const madeBy = (file: FileFacts, scope: number, expr: Expr, types: Types, depth = 0): Extract<Type, { kind: 'external' }> | undefined => {
  if (depth > FURTHEST) return undefined;
  const further = (at: number, next: Expr | undefined): Extract<Type, { kind: 'external' }> | undefined => {
    const known = next === undefined ? undefined : types.of(file, at, next) ?? madeBy(file, at, next, types, depth + 1);
    return known?.kind === 'external' ? known : undefined;
  };
  switch (expr.kind) {
    case 'await': case 'cast': return further(scope, expr.of);
    case 'call': return further(scope, expr.callee.kind === 'member' ? expr.callee.of : expr.callee);
    case 'name': {
      const binding = findBinding(file, scope, expr.name);
      return binding?.path.length === 0 ? further(binding.scope, binding.value) : undefined;
    }
    default: return undefined;
  }
};
