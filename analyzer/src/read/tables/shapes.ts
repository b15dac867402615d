import { findBinding, type Binding } from '../link/scopes.ts';
import type { Types } from '../link/types.ts';
import { eachExpr } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts, FunctionFact } from '../parse/facts.ts';

type ObjectExpr = Extract<Expr, { kind: 'object' }>;

/** Where an expression stands. */
export interface At {
  readonly file: FileFacts;
  readonly scope: number;
}

/** An object that an expression may be, or a part of it, and where that is written. */
export interface Shape extends At {
  readonly object: Pick<ObjectExpr, 'properties'>;
}

const DEEPEST = 40;
/** What was found for an expression before; while it is being looked at, nothing: a value made of itself adds nothing. */
const known = new WeakMap<Types, WeakMap<Expr, readonly Shape[]>>();
/** Functions that give their arguments back, put together. */
const MERGES = /^(?:assign|merge|mergeWith|deepMerge|defaults|defaultsDeep|omit|pick|omitBy|pickBy|freeze|cloneDeep|clone|concat|filter|flat|reverse|validator)$/;
const MAPS = /^(?:map|flatMap|then|reduce)$/;

/**
 * The objects written out anywhere that an expression may turn out to be: through variables and what is put into them later (`where.hall = …`, `list.push(…)`),
 * choices, spreads, lists, and what functions of the project return. For options of queries, whose parts are often built elsewhere.
 */
export const shapesOf = (expr: Expr, at: At, types: Types, depth = 0): readonly Shape[] => {
  if (depth > DEEPEST) return [];
  const memory = known.get(types) ?? new WeakMap<Expr, readonly Shape[]>();
  known.set(types, memory);
  const before = memory.get(expr);
  if (before !== undefined) return before;
  memory.set(expr, []);
  const found = distinct(find(expr, at, types, depth));
  memory.set(expr, found);
  return found;
};

const MOST = 400;
const distinct = (shapes: readonly Shape[]): Shape[] => [...new Map(shapes.slice(0, MOST * 10).map((shape) => [shape.object, shape])).values()].slice(0, MOST);

const find = (expr: Expr, at: At, types: Types, depth: number): Shape[] => {
  const into = (one: Expr): readonly Shape[] => shapesOf(one, at, types, depth + 1);
  switch (expr.kind) {
    case 'object': return [{ ...at, object: expr }, ...expr.spreads.flatMap((one) => into(one))];
    case 'name': return ofName(expr.name, at, types, depth);
    case 'member': return within(into(expr.of), [expr.name], types, depth);
    case 'call': return ofCall(expr, at, types, depth);
    default: return partsOf(expr).flatMap((one) => into(one));
  }
};

/** What else an expression passes on. */
const partsOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'array': return expr.items;
    case 'either': case 'other': return expr.of;
    case 'spread': case 'await': case 'cast': return [expr.of];
    case 'assign': return [expr.value];
    default: return [];
  }
};

/** What a property of shapes may be: `where` of `{ where: {…} }`. */
export const within = (shapes: readonly Shape[], path: readonly string[], types: Types, depth = 0): Shape[] => path.reduce<Shape[]>(
  (found, key) => distinct(found.flatMap(({ object, ...at }) => object.properties.filter(({ name }) => name === key).flatMap(({ value }) => shapesOf(value, at, types, depth + 1)))), [...shapes]);

const ofName = (name: string, at: At, types: Types, depth: number): Shape[] => {
  const binding = findBinding(at.file, at.scope, name);
  if (binding !== undefined) return ofBinding(name, binding, at.file, types, depth);
  const imported = types.program.index(at.file).imports.get(name);
  const next = imported === undefined ? undefined : types.program.fileOf(at.file.path, imported.specifier);
  const declared = next === undefined || imported === undefined ? undefined : types.program.exported(next, imported.imported);
  if (declared?.local !== undefined) return ofName(declared.local, { file: declared.file, scope: 0 }, types, depth + 1);
  return declared?.value === undefined ? [] : [...shapesOf(declared.value, { file: declared.file, scope: 0 }, types, depth + 1)];
};

const ofBinding = (name: string, binding: Binding, file: FileFacts, types: Types, depth: number): Shape[] => {
  if (depth > DEEPEST) return [];
  const at = { file, scope: binding.scope };
  const base = binding.value === undefined ? [] : within(shapesOf(binding.value, at, types, depth + 1), binding.path.filter((key) => key !== '[]'), types, depth);
  return [...base, ...changesOf(file, binding.scope, name).flatMap((change) => shapesOf(change, at, types, depth + 1))];
};

/** What is put into a variable itself, or, as an object around it, into a property: `name.a = value`, `name.a.push(value)`. */
type Change = Expr;

const changes = new WeakMap<FunctionFact, ReadonlyMap<string, readonly Change[]>>();

/** What a function and its closures put into a variable after it was made. */
const changesOf = (file: FileFacts, scope: number, name: string): readonly Change[] => {
  const fact = file.functions[scope];
  if (fact === undefined) return [];
  const known = changes.get(fact) ?? noteChanges(file, scope);
  changes.set(fact, known);
  return known.get(name) ?? [];
};

const noteChanges = (file: FileFacts, scope: number): ReadonlyMap<string, readonly Change[]> => {
  const found = new Map<string, Change[]>();
  const note = (target: Expr, values: readonly Expr[]): void => {
    const path = pathOf(target);
    if (path !== undefined) found.set(path[0], [...(found.get(path[0]) ?? []), ...values.map((value) => asObject(path.slice(1), value))]);
  };
  for (const [index, fact] of file.functions.entries()) {
    if (index !== scope && !isInside(file, index, scope)) continue;
    eachExpr(fact.steps, (expr) => {
      if (expr.kind === 'assign') note(expr.target, [expr.value]);
      else if (expr.kind === 'call' && expr.callee.kind === 'member' && /^(?:push|unshift)$/.test(expr.callee.name)) note(expr.callee.of, expr.args);
    });
  }
  return found;
};

const isInside = (file: FileFacts, index: number, outer: number): boolean => {
  for (let at = index; at > 0; at = file.functions[at]?.parent ?? -1) if (at === outer) return outer !== 0;
  return false;
};

/** `where.AND.x` as its names; undefined for anything else. */
const pathOf = (expr: Expr): readonly [string, ...string[]] | undefined => {
  if (expr.kind === 'name') return [expr.name];
  const of = expr.kind === 'member' || expr.kind === 'cast' ? pathOf(expr.of) : undefined;
  return of === undefined || expr.kind !== 'member' ? of : [...of, expr.name];
};

/** `a.b` and a value as `{ a: { b: value } }`. */
const asObject = (path: readonly string[], value: Expr): Expr =>
  path.reduceRight<Expr>((of, name) => ({ kind: 'object', properties: [{ name, value: of }], spreads: [], line: 0 }), value);

const ofCall = (call: CallExpr, at: At, types: Types, depth: number): Shape[] => {
  const into = (one: Expr): readonly Shape[] => shapesOf(one, at, types, depth + 1);
  const name = call.callee.kind === 'member' || call.callee.kind === 'name' ? call.callee.name : '';
  const type = types.of(at.file, at.scope, call.callee);
  if (type?.kind === 'function') return returned(type.file, type.index, types, depth);
  const closures = MAPS.test(name) ? call.args.flatMap((arg) => (arg.kind === 'function' ? returned(at.file, arg.index, types, depth) : [])) : [];
  if (closures.length > 0) return closures;
  if (!MERGES.test(name)) return [];
  return [...call.args.flatMap(into), ...(call.callee.kind === 'member' ? into(call.callee.of) : [])];
};

/** What a function returns; nothing from the closures inside it. */
const returned = (file: FileFacts, index: number, types: Types, depth: number): Shape[] =>
  (file.functions[index]?.steps ?? []).flatMap((step) => (step.kind === 'return' ? shapesOf(step.value, { file, scope: index }, types, depth + 1) : []));
