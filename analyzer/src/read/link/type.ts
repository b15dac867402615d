import type { Program } from './program.ts';
import type { Expr, FileFacts, TypeFact } from '../parse/facts.ts';

/** What we know of an expression's type: only as much as leads a call to its function. */
export type Type =
  | { readonly kind: 'class'; readonly file: FileFacts; readonly index: number; readonly self: boolean }
  | { readonly kind: 'shape'; readonly file: FileFacts; readonly name: string; readonly args: readonly (Type | undefined)[] }
  | { readonly kind: 'literal'; readonly file: FileFacts; readonly members: ReadonlyMap<string, TypeFact>; readonly known?: Known }
  | { readonly kind: 'object'; readonly file: FileFacts; readonly scope: number; readonly value: Extract<Expr, { kind: 'object' }> }
  | { readonly kind: 'function'; readonly file: FileFacts; readonly index: number }
  /** A member declared by a shape, or by a class for its heirs: its implementers have it. `type`: as it is written there. */
  | { readonly kind: 'declared'; readonly shape: Extract<Type, { kind: 'shape' | 'class' }>; readonly member: string; readonly returns?: Type; readonly type?: Extract<Type, { kind: 'callable' }> }
  /** A value of a function type, whatever function it holds. */
  | { readonly kind: 'callable'; readonly file: FileFacts; readonly type: TypeFact; readonly known?: Known }
  | { readonly kind: 'module'; readonly file: FileFacts }
  | { readonly kind: 'external'; readonly module: string; readonly name: string }
  /** `keyed`: a dictionary, whose members are its items. */
  | { readonly kind: 'list'; readonly of: Type; readonly keyed?: true }
  | { readonly kind: 'all'; readonly of: readonly Type[] };

/** What type parameters stand for where a generic type is used. */
export type Known = ReadonlyMap<string, Type>;
export const NOTHING: Known = new Map();

/** As a type, a class's name means its instances. */
export const localType = (file: FileFacts, name: string): Type | undefined => {
  const index = file.classes.findIndex((fact) => fact.name === name);
  if (index >= 0) return { kind: 'class', file, index, self: false };
  return file.shapes.has(name) ? { kind: 'shape', file, name, args: [] } : undefined;
};

export const instanceOf = (type: Type | undefined): Type | undefined => (type?.kind === 'class' ? { ...type, self: false } : type);

export const listOf = (of: Type | undefined): Type | undefined => (of === undefined ? undefined : { kind: 'list', of });

export const itemOf = (type: Type): Type | undefined => (type.kind === 'list' ? type.of : undefined);

export const inferLiteral = (file: FileFacts, scope: number, expr: Expr): Type | undefined => {
  if (expr.kind === 'object') return { kind: 'object', file, scope, value: expr };
  if (expr.kind === 'function') return { kind: 'function', file, index: expr.index };
  if (expr.kind === 'class') return { kind: 'class', file, index: expr.index, self: true };
  return undefined;
};

/** What a generic shape's parameters stand for. */
export const givenTo = ({ file, name, args }: Extract<Type, { kind: 'shape' }>): Known => {
  const generics = args.length === 0 ? [] : file.shapes.get(name)?.generics ?? [];
  return generics.length === 0 ? NOTHING : new Map(generics.flatMap((generic, position) => {
    const given = args[position];
    return given === undefined ? [] : [[generic, given] as const];
  }));
};

/** What the parts of the binder ask one another: each knows the whole only by these questions. */
export interface TypeQuestions {
  readonly program: Program;
  /** The type of an expression that stands in function `scope` of `file`. */
  of: (file: FileFacts, scope: number, expr: Expr) => Type | undefined;
  ofName: (file: FileFacts, scope: number, name: string) => Type | undefined;
  resolve: (file: FileFacts, type: TypeFact, known?: Known) => Type | undefined;
  member: (of: Type, name: string) => Type | undefined;
  returned: (callee: Type) => Type | undefined;
  baseOf: (file: FileFacts, index: number) => Extract<Type, { kind: 'class' }> | undefined;
}

/** The first that is known. */
export const first = (options: readonly (() => Type | undefined)[]): Type | undefined => {
  for (const option of options) {
    const found = option();
    if (found !== undefined) return found;
  }
  return undefined;
};
