import type { ModulePath } from '../../model/evidence.ts';

/**
 * What a parser hands over about one file: plain data, independent of the parser that made it, so that another parser can take its place and
 * so that the facts of an unchanged file can be kept. Positions are 1-based lines. Everything that follows (names, calls, endpoints, tables)
 * is a function of these facts.
 */
export interface FileFacts {
  readonly path: ModulePath;
  readonly lines: number;
  /** 0 is the module's top level. */
  readonly functions: readonly FunctionFact[];
  readonly classes: readonly ClassFact[];
  readonly shapes: ReadonlyMap<string, ShapeFact>;
  readonly imports: readonly ImportFact[];
  readonly exports: readonly ExportFact[];
  /** `require(x)` and `import(x)` whose argument is not one constant string. */
  readonly opaqueImports: readonly { readonly what: string; readonly line: number }[];
  /** Identifiers that stand in a value position anywhere. */
  readonly valueUses: ReadonlySet<string>;
  /** Identifiers in the types of decorated members: values at run time when decorator metadata is emitted. */
  readonly decoratedTypes: ReadonlySet<string>;
  readonly typesOnly: boolean;
  readonly syntaxErrors: readonly { readonly message: string; readonly line: number }[];
  /** The line where the walk gave up, because the code is nested deeper than anybody writes: so whatever follows may recurse over the facts. 0: the parser itself gave up, and there are no facts. At most one. */
  readonly cutAt: readonly number[];
}

export interface ImportFact {
  readonly specifier: string;
  readonly kind: 'import' | 'require' | 'dynamic' | 'export';
  readonly typeOnly: boolean;
  /** Imported name → local name; `*` is the namespace (or the whole CommonJS module), `default` the default. */
  readonly names: readonly { readonly imported: string; readonly local: string; readonly typeOnly: boolean }[];
  readonly line: number;
}

export interface ExportFact {
  /** `*` re-exports everything. */
  readonly name: string;
  readonly local?: string;
  /** Re-exported from another module, under `imported`. */
  readonly from?: string;
  readonly imported?: string;
  readonly value?: Expr;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface FunctionFact {
  /** The name by which the model speaks of it; a callback without a name carries its owner's. */
  readonly name: string;
  readonly anonymous: boolean;
  readonly line: number;
  /** Index of the enclosing function; -1 for the top level. */
  readonly parent: number;
  /** Index of the class it is a member of; -1 for none. */
  readonly owner: number;
  readonly member?: { readonly name: string; readonly kind: 'method' | 'get' | 'set' | 'constructor' | 'property'; readonly isStatic: boolean };
  readonly parameters: readonly ParameterFact[];
  readonly decorators: readonly Expr[];
  readonly returns?: TypeFact;
  /** An arrow function takes `this` from where it stands. */
  readonly arrow: boolean;
  readonly steps: readonly Step[];
}

export interface ParameterFact {
  readonly pattern: Pattern;
  readonly type?: TypeFact;
  readonly initial?: Expr;
  readonly decorators: readonly Expr[];
  /** Declares a field of the class (`private readonly orders: OrderService`). */
  readonly field: boolean;
  readonly rest: boolean;
}

export interface ClassFact {
  readonly name: string;
  readonly line: number;
  readonly scope: number;
  readonly base?: Expr;
  readonly baseArguments: readonly TypeFact[];
  readonly implemented: readonly TypeFact[];
  readonly decorators: readonly Expr[];
  readonly fields: readonly FieldFact[];
  /** Indices into functions. */
  readonly methods: readonly number[];
}

export interface FieldFact {
  readonly name: string;
  readonly line: number;
  readonly isStatic: boolean;
  readonly type?: TypeFact;
  readonly initial?: Expr;
  readonly decorators: readonly Expr[];
}

/** An interface or a type alias. */
export interface ShapeFact {
  readonly members: ReadonlyMap<string, TypeFact>;
  readonly bases: readonly TypeFact[];
  readonly alias?: TypeFact;
  /** `T` of `Page<T>`. */
  readonly generics?: readonly string[];
}

export interface TypeFact {
  /** `Orders`, `ns.Orders`, `Promise`, `[]` for an array, `|` and `&`, `=>` for a function, `{}` for a literal, `typeof x`. */
  readonly name: string;
  readonly args?: readonly TypeFact[];
  readonly members?: ReadonlyMap<string, TypeFact>;
  /** A string literal type. */
  readonly literal?: string;
  /** What a function type is called with, by position; undefined where that names nothing. */
  readonly parameters?: readonly (TypeFact | undefined)[];
}

export type Pattern =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'object'; readonly entries: readonly { readonly key: string; readonly target: Pattern; readonly initial?: Expr }[]; readonly rest?: string }
  | { readonly kind: 'array'; readonly items: readonly (Pattern | undefined)[] };

export type Step =
  | { readonly kind: 'let'; readonly pattern: Pattern; readonly type?: TypeFact; readonly value?: Expr; readonly line: number }
  | { readonly kind: 'do'; readonly value: Expr }
  | { readonly kind: 'return'; readonly value: Expr }
  | { readonly kind: 'each'; readonly pattern: Pattern; readonly of: Expr; readonly keys: boolean; readonly body: readonly Step[] };

export interface CallExpr {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Expr[];
  /** `new X()`, a tagged template (its template is the first argument), or an ordinary call. */
  readonly form: 'call' | 'new' | 'tag';
  readonly line: number;
  readonly types?: readonly TypeFact[];
}

export interface Property {
  /** Undefined for a computed name. */
  readonly name?: string;
  readonly computed?: Expr;
  readonly value: Expr;
}

export type Expr =
  | { readonly kind: 'text'; readonly value: string; readonly line: number }
  | { readonly kind: 'literal'; readonly value: number | boolean | null }
  | { readonly kind: 'template'; readonly texts: readonly string[]; readonly holes: readonly Expr[]; readonly line: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'this' }
  | { readonly kind: 'super' }
  | { readonly kind: 'member'; readonly of: Expr; readonly name: string; readonly line: number }
  | { readonly kind: 'index'; readonly of: Expr; readonly by: Expr }
  | CallExpr
  | { readonly kind: 'object'; readonly properties: readonly Property[]; readonly spreads: readonly Expr[]; readonly line: number }
  | { readonly kind: 'array'; readonly items: readonly Expr[] }
  | { readonly kind: 'spread'; readonly of: Expr }
  | { readonly kind: 'function'; readonly index: number }
  | { readonly kind: 'class'; readonly index: number }
  /** One of several: `a ? b : c`, `a || b`, `a ?? b`. */
  | { readonly kind: 'either'; readonly of: readonly Expr[] }
  | { readonly kind: 'concat'; readonly of: readonly Expr[] }
  | { readonly kind: 'assign'; readonly target: Expr; readonly value: Expr; readonly line: number }
  | { readonly kind: 'cast'; readonly of: Expr; readonly type: TypeFact }
  | { readonly kind: 'await'; readonly of: Expr }
  /** Anything else, kept for the calls inside it. */
  | { readonly kind: 'other'; readonly of: readonly Expr[] };

/** Turns text into facts. The one port through which source enters. Never throws on broken syntax. */
export type ParseFile = (path: ModulePath, text: string) => FileFacts;
