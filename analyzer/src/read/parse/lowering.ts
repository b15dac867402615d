import type { ts } from 'ts-morph';
import { Collected, excerpt } from './collected.ts';
import type { Expr } from './facts.ts';

export { matters } from './collected.ts';

/** The mutually recursive rules of the walk, joined in one place so that no file of rules needs another. */
export interface Rules {
  readonly expression: (node: ts.Expression, to: Lowering) => Expr;
  readonly statement: (node: ts.Statement, to: Lowering) => void;
}

/** Levels of syntax; a method chain has two for each call. Whoever walks the facts takes several frames a level, and the stack holds about ten thousand. */
const MOST_DEPTH = 400;

/** One walk over TypeScript's own syntax tree. */
export class Lowering extends Collected {
  readonly file: ts.SourceFile;
  /** Where code was left out because it is nested too deeply. */
  readonly cutAt: number[] = [];
  private depth = 0;

  private readonly rules: Rules;

  constructor(file: ts.SourceFile, rules: Rules) {
    super();
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
    return excerpt(this.file.text.slice(node.getStart(this.file), node.end));
  }
}
