import type { Evidence } from '../../model/evidence.ts';
import type { CallExpr, Expr, FileFacts } from '../parse/facts.ts';

/** Stands in a text for what is only known at run time. */
export const HOLE = '\u0000';

/** What an expression is known to be without running the program. */
export type Value =
  /** `at`: where it, or its last part, is written. */
  | { readonly kind: 'text'; readonly text: string; readonly at?: Evidence }
  | { readonly kind: 'constant'; readonly value: number | boolean | null }
  | ObjectValue
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | FunctionValue
  | { readonly kind: 'class'; readonly file: FileFacts; readonly index: number; readonly scope: Frame; readonly statics: Map<string, Value> }
  /** A module of this project as a whole. */
  | { readonly kind: 'module'; readonly file: FileFacts }
  /** Something of a package: `express`, `Router`. Calls and members of it stay its own: `knex().select`. */
  | { readonly kind: 'external'; readonly module: string; readonly path: string; /** The call of the package that gave it. */ readonly made?: CallExpr }
  /** A thing of a framework (a router, a half-built route): only its reader looks inside. */
  | { readonly kind: 'native'; readonly thing: object }
  | { readonly kind: 'many'; readonly values: readonly Value[] }
  | { readonly kind: 'unknown'; readonly wraps?: readonly Value[] };

/** A plain object, or an instance when it has a class. */
export interface ObjectValue {
  readonly kind: 'object';
  readonly properties: Map<string, Value>;
  readonly of?: ClassValue;
}
export type ClassValue = Extract<Value, { kind: 'class' }>;

export interface FunctionValue {
  readonly kind: 'function';
  readonly file: FileFacts;
  readonly index: number;
  readonly scope: Frame;
  readonly self?: Value;
  readonly properties: Map<string, Value>;
  /** Functions handed to whatever made this one: `asyncHandler(place)` wraps `place`. */
  readonly wraps?: readonly Value[];
}

/** The variables of one call of one function. */
export interface Frame {
  readonly file: FileFacts;
  readonly index: number;
  readonly variables: Map<string, Value>;
  readonly parent?: Frame;
  readonly self?: Value;
  readonly returns: Value[];
  /** Nobody called this: variables are looked up in the function's text when asked for. */
  readonly imagined: boolean;
}

export const UNKNOWN: Value = { kind: 'unknown' };

export const text = (value: string, at?: Evidence): Value => (at === undefined ? { kind: 'text', text: value } : { kind: 'text', text: value, at });

/** One value for several possibilities; what is unknown gives way to what is known. */
export const join = (values: readonly Value[]): Value => {
  // Mostly there is one, and this is asked for every expression.
  const [only] = values;
  if (values.length === 1 && only !== undefined && only.kind !== 'many') return only.kind === 'unknown' && only.wraps === undefined ? UNKNOWN : only;
  const flat = values.flatMap((value) => (value.kind === 'many' ? value.values : [value]));
  const known = [...new Map(flat.filter(({ kind }) => kind !== 'unknown').map((value) => [identity(value), value])).values()];
  const [first] = known;
  if (first === undefined) return flat.find((value) => value.kind === 'unknown' && value.wraps !== undefined) ?? UNKNOWN;
  return known.length === 1 ? first : { kind: 'many', values: known.slice(0, 64) };
};

const identity = (value: Value): unknown => (value.kind === 'text' ? `t${value.text}` : value.kind === 'constant' ? `c${String(value.value)}` : value);

export const each = (value: Value): readonly Value[] => (value.kind === 'many' ? value.values : [value]);

/** Texts a value may be; a text with holes counts. */
export const texts = (value: Value): string[] => each(value).flatMap((one) => (one.kind === 'text' ? [one.text] : []));

/** The one text without holes, when there is exactly one. */
export const constantText = (value: Value): string | undefined => {
  const known = texts(value).filter((one) => !one.includes(HOLE));
  return known.length === 1 ? known[0] : undefined;
};

/** A function made from functions it was given speaks for them: `asyncHandler(place)`. */
export const wrapping = (result: Value, args: readonly Value[]): Value => {
  const wraps = args.flatMap(each).filter(({ kind }) => kind === 'function');
  if (wraps.length === 0) return result;
  const mark = (one: Value): Value => (one.kind === 'function' || one.kind === 'unknown' ? { ...one, wraps } : one);
  return result.kind === 'many' ? { kind: 'many', values: result.values.map(mark) } : mark(result);
};

/** Adds to a list in place: whoever holds the list sees it. A list that grows without end (a loop we run more often than the program would) is cut. */
export const append = (list: Extract<Value, { kind: 'list' }>, added: readonly Value[], first = false): void => {
  const items = list.items as Value[];
  const known = new Set(items.map(identity));
  const fresh = added.filter((one) => !known.has(identity(one)));
  if (items.length + fresh.length > MOST_ITEMS) return;
  if (first) items.unshift(...fresh);
  else items.push(...fresh);
};

const MOST_ITEMS = 2_000;

/** A thing of a framework that has members of its own: `app.get` handed on, `app.models` put there by the program. */
export interface NativeMembers {
  readonly member: (name: string) => Value | undefined;
  readonly setMember: (name: string, value: Value) => void;
}

export const nativeMembers = (value: Value): NativeMembers | undefined =>
  (value.kind === 'native' && 'member' in value.thing && 'setMember' in value.thing ? (value.thing as NativeMembers) : undefined);

/** Under this name an instance keeps what the package's class it extends would be: `class Films extends Router`. */
export const EXTERNAL_BASE = '(base)';

/** What members and built-in functions need of the interpreter. */
export interface Run {
  /** Paths of all modules, relative to the analyzed directory and sorted. */
  readonly paths: readonly string[];
  external: (callee: Extract<Value, { kind: 'external' }>, args: readonly Value[]) => Value;
  readonly instances: Map<object, ObjectValue[]>;
  evaluate: (expr: Expr, frame: Frame) => Value;
  invoke: (callee: FunctionValue, args: readonly Value[], self: Value | undefined) => Value;
  exportValue: (file: FileFacts, name: string) => Value;
}
