import { findBinding } from '../link/scopes.ts';
import type { Expr } from '../parse/facts.ts';
import { entityOf } from './entities.ts';
import type { Place } from './found.ts';
import type { Model } from './models.ts';

/** A model by what an expression is called: `models.User`, `User`, `this.userModel`. */
export const modelNamed = (expr: Expr, place: Place, depth = 0): Model | undefined => {
  const type = place.types.of(place.file, place.scope, expr);
  const typed = type?.kind === 'class' ? place.models.ofClass(type, place.types) : undefined;
  const name = expr.kind === 'name' || expr.kind === 'member' ? expr.name : '';
  return typed ?? byName(name, place) ?? entityOf(expr, place) ?? ofVariable(expr, place, depth);
};

/** `const model = models.Film`. */
const ofVariable = (expr: Expr, place: Place, depth: number): Model | undefined => {
  const binding = expr.kind === 'name' && depth < 3 ? findBinding(place.file, place.scope, expr.name) : undefined;
  if (binding?.from !== 'let' || binding.path.length > 0) return undefined;
  const { value, scope } = binding;
  return value?.kind === 'name' || value?.kind === 'member' ? modelNamed(value, { ...place, scope }, depth + 1) : undefined;
};

export const byName = (name: string, place: Place): Model | undefined => {
  const stripped = name.replace(/(?:Model|Collection|Schema)$/, '');
  if (!/^[A-Z]/.test(name) && stripped === name) return undefined;
  const model = place.models.named(name) ?? (stripped === '' ? undefined : place.models.named(stripped));
  return model?.via === 'typeorm' ? undefined : model;
};

