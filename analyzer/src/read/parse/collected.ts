import type { ClassFact, ExportFact, Expr, FunctionFact, ImportFact, ShapeFact, Step, TypeFact } from './facts.ts';
import { typeNames } from './type-names.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The state of one walk over one file: where we are, and what has been collected so far. Knows no parser. */
export class Collected {
  readonly functions: Mutable<FunctionFact>[] = [];
  readonly classes: ClassFact[] = [];
  readonly shapes = new Map<string, ShapeFact>();
  readonly imports: ImportFact[] = [];
  readonly exports: ExportFact[] = [];
  readonly opaqueImports: { what: string; line: number }[] = [];
  readonly valueUses = new Set<string>();
  readonly decoratedTypes = new Set<string>();
  /** The function being walked. */
  current = 0;
  steps: Step[] = [];
  /** Name that an anonymous function or class would take from where it stands. */
  hint: string | undefined;
  hasRuntimeCode = false;
  /** Imported names being bound by the declaration that is walked: `const { a, b } = require('x')`. */
  binding: ImportFact['names'] | undefined;

  /** Walks with another name for what stands here without one. */
  named<T>(hint: string | undefined, walk: () => T): T {
    const before = this.hint;
    this.hint = hint;
    const walked = walk();
    this.hint = before;
    return walked;
  }

  /** Collects the steps of a block apart from those around it. */
  collect(walk: () => void): Step[] {
    const before = this.steps;
    this.steps = [];
    walk();
    const collected = this.steps;
    this.steps = before;
    return collected;
  }

  /** Keeps an expression as a step only where something can happen in it. */
  keep(value: Expr): void {
    if (matters(value)) this.steps.push({ kind: 'do', value });
  }

  /** The top level of a file is a function too, without parameters. */
  openFunction(fact: Omit<FunctionFact, 'steps'>, body: () => void): number {
    const index = this.functions.length;
    const opened = { ...fact, steps: this.functions[0]?.steps ?? [] };
    this.functions.push(opened);
    const before = this.current;
    this.current = index;
    opened.steps = this.collect(() => { this.named(undefined, body); });
    this.current = before;
    return index;
  }

  /** The name of a function by where it stands; `own` is what it is called there. */
  functionName(own: string | undefined): string | undefined {
    const local = this.hint ?? own;
    if (local === undefined || this.current === 0) return local;
    const outer = this.functions[this.current];
    return outer === undefined || outer.name === '(top)' ? local : `${outer.name}.${local}`;
  }

  /** An interface or an alias; a second declaration of the same interface adds to the first. */
  addShape(name: string, shape: ShapeFact, merging: boolean): void {
    const known = merging ? this.shapes.get(name) : undefined;
    this.shapes.set(name, known === undefined ? shape : { members: new Map([...known.members, ...shape.members]), bases: [...known.bases, ...shape.bases] });
  }

  /** Types that decorator metadata keeps alive, of a class that has decorators. */
  noteDecoratedTypes(fact: ClassFact): void {
    if (fact.decorators.length === 0 && !fact.fields.some(({ decorators }) => decorators.length > 0)) return;
    const types: (TypeFact | undefined)[] = fact.fields.map(({ type }) => type);
    for (const index of fact.methods) for (const { type } of this.functions[index]?.parameters ?? []) types.push(type);
    for (const name of types.flatMap(typeNames)) this.decoratedTypes.add(name);
  }
}

/** Whether an expression can call, bind or declare anything. */
export const matters = (value: Expr): boolean => {
  if (value.kind === 'other') return value.of.length > 0;
  if (value.kind === 'member' || value.kind === 'cast') return matters(value.of);
  return !INERT.has(value.kind);
};

const INERT: ReadonlySet<Expr['kind']> = new Set(['text', 'literal', 'name', 'this', 'super']);

/** One line, cut where it would fill a report's column. */
export const excerpt = (text: string): string => {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > 120 ? `${flat.slice(0, 117)}...` : flat;
};

/** `router.get('/:id', …)`: verbs whose path names the callback. */
export const ROUTE_VERBS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete', 'del', 'all', 'use', 'head', 'options']);

/** `bus.on('order.placed', …)`: what sets up a listener, whose name tells the callback apart. */
export const LISTENER_VERBS: ReadonlySet<string> = new Set(['on', 'once', 'addListener', 'consume', 'process', 'define', 'work', 'subscribe']);

/** What a thing assigned to `path` is called: `exports.find` → `find`, `User.prototype.create` → `User.create`, `module.exports` → `default`. */
export const nameOfPath = (path: string): string => path.replace(/^(module\.)?exports\.?/, '').replace('.prototype.', '.') || 'default';
