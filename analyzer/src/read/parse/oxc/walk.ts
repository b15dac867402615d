import type { Argument, ArrayAssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetRest, Directive, Expression, ObjectAssignmentTarget, PrivateIdentifier, Span, Statement } from 'oxc-parser';
import { Collected, excerpt } from '../collected.ts';
import type { Expr } from '../facts.ts';

/** Whatever stands where a value is read or assigned: an expression, or the pattern on the left of an assignment. */
export type Valued = Expression | Argument | ObjectAssignmentTarget | ArrayAssignmentTarget | AssignmentTargetMaybeDefault | AssignmentTargetRest | PrivateIdentifier;

/** The mutually recursive rules of the walk, joined in one place so that no file of rules needs another. */
interface Rules {
  readonly expression: (node: Valued, to: Walk) => Expr;
  readonly statement: (node: Statement | Directive, to: Walk) => void;
}

/** Well below the depth at which the recovering parser cuts: which of the two reads a file never shows. */
const MOST_DEPTH = 200;

/** Code nested so deeply that it is left to the recovering parser, which cuts it and says where. */
export class TooDeep extends Error {}

/** One walk over oxc's tree (ESTree with TypeScript's nodes). */
export class Walk extends Collected {
  /** Offset at which each line begins. */
  readonly lineStarts: readonly number[];
  private readonly text: string;
  private readonly rules: Rules;
  private depth = 0;

  constructor(text: string, rules: Rules) {
    super();
    this.text = text;
    this.lineStarts = lineStartsOf(text);
    this.rules = rules;
  }

  expression(node: Valued): Expr {
    return this.rules.expression(node, this);
  }

  statements(nodes: readonly (Statement | Directive)[]): void {
    for (const node of nodes) this.rules.statement(node, this);
  }

  /** One level further in. @throws TooDeep beyond what people write. */
  enter(): void {
    this.depth += 1;
    if (this.depth > MOST_DEPTH) throw new TooDeep();
  }

  leave(): void {
    this.depth -= 1;
  }

  /** The line of an offset, from 1. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  line({ start }: Span): number {
    return this.lineAt(start);
  }

  textOf({ start, end }: Span): string {
    return excerpt(this.text.slice(start, end));
  }
}

/** What ends a line in ECMAScript: LF, CR, CR LF, and Unicode's two separators. */
const lineStartsOf = (text: string): number[] => {
  const starts = [0];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 13 && code < 0x2028) continue;
    if (code === 13 && text.charCodeAt(i + 1) === 10) i += 1;
    if (code === 10 || code === 13 || code === 0x2028 || code === 0x2029) starts.push(i + 1);
  }
  return starts;
};

/** Without the wrapper that ESTree puts around a chain with `?.`. */
export const unchained = <T extends Valued>(node: T): T | Expression => (node.type === 'ChainExpression' ? node.expression : node);

/** The text of `'x'` and of a template without holes. */
export const constantText = (node: { readonly type: string } | undefined): string | undefined => {
  const found = node as Expression | undefined;
  if (found?.type === 'Literal') return typeof found.value === 'string' ? found.value : undefined;
  return found?.type === 'TemplateLiteral' && found.expressions.length === 0 ? found.quasis[0]?.value.cooked ?? '' : undefined;
};

/** `a.b.c` as text; undefined for anything that is more than names and dots. */
export const dotted = (given: Valued): string | undefined => {
  const node = unchained(given);
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.computed) return undefined;
  const left = dotted(node.object);
  return left === undefined ? undefined : `${left}.${memberName(node.property)}`;
};

export const memberName = (property: { readonly type: string; readonly name: string }): string => (property.type === 'PrivateIdentifier' ? `#${property.name}` : property.name);

/** The constant name of a property; undefined when it is computed. */
export const propertyName = (key: Valued, computed: boolean): string | undefined => {
  if (computed) return constantText(key);
  if (key.type === 'Identifier' || key.type === 'PrivateIdentifier') return memberName(key);
  return key.type === 'Literal' ? String(key.value) : undefined;
};
