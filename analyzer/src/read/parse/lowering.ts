import type { ts } from 'ts-morph';
import type { ClassFact, ExportFact, Expr, FunctionFact, ImportFact, ShapeFact, Step } from './facts.ts';

/** The mutually recursive rules of the walk, joined in one place so that no file of rules needs another. */
export interface Rules {
  readonly expression: (node: ts.Expression, to: Lowering) => Expr;
  readonly statement: (node: ts.Statement, to: Lowering) => void;
}

/** Levels of syntax; a method chain has two for each call. Whoever walks the facts takes several frames a level, and the stack holds about ten thousand. */
const MOST_DEPTH = 400;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The state of one walk over one file: where we are, and what has been collected so far. */
export class Lowering {
  readonly file: ts.SourceFile;
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
  /** Where code was left out because it is nested too deeply. */
  readonly cutAt: number[] = [];
  private depth = 0;

  private readonly rules: Rules;

  constructor(file: ts.SourceFile, rules: Rules) {
    this.file = file;
    this.rules = rules;
  }

  expression(node: ts.Expression): Expr {
    return this.rules.expression(node, this);
  }

  statements(nodes: readonly ts.Statement[]): void {
    for (const node of nodes) this.rules.statement(node, this);
  }

  /** Walks one level further in; gives up, and says where, beyond what people write. */
  deeper<T>(node: ts.Node, otherwise: T, walk: () => T): T {
    if (this.depth >= MOST_DEPTH) {
      if (this.cutAt.length === 0) this.cutAt.push(this.line(node));
      return otherwise;
    }
    this.depth += 1;
    const found = walk();
    this.depth -= 1;
    return found;
  }

  line(node: ts.Node): number {
    return this.file.getLineAndCharacterOfPosition(node.getStart(this.file)).line + 1;
  }

  textOf(node: ts.Node): string {
    const text = this.file.text.slice(node.getStart(this.file), node.end).replace(/\s+/g, ' ');
    return text.length > 120 ? `${text.slice(0, 117)}...` : text;
  }

  /** Walks with another name for what stands here without one. */
  named<T>(hint: string | undefined, walk: () => T): T {
    const before = this.hint;
    this.hint = hint;
    try {
      return walk();
    } finally {
      this.hint = before;
    }
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
}

/** Whether an expression can call, bind or declare anything. */
export const matters = (value: Expr): boolean => {
  if (value.kind === 'other') return value.of.length > 0;
  if (value.kind === 'member' || value.kind === 'cast') return matters(value.of);
  return !INERT.has(value.kind);
};

const INERT: ReadonlySet<Expr['kind']> = new Set(['text', 'literal', 'name', 'this', 'super']);
