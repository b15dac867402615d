import type { JSXAttributeItem, JSXAttributeName, JSXChild, JSXElement, JSXElementName, JSXExpressionContainer, JSXFragment, JSXMemberExpression } from 'oxc-parser';
import { matters } from '../collected.ts';
import type { Expr } from '../facts.ts';
import type { Walk } from './walk.ts';

/** JSX is kept for the calls inside it; each name in it counts as used. */
export const lowerJsx = (node: JSXElement | JSXFragment, to: Walk): Expr => {
  to.enter();
  const lowered = lowerElement(node, to);
  to.leave();
  return lowered;
};

const lowerElement = (node: JSXElement | JSXFragment, to: Walk): Expr => {
  if (node.type === 'JSXFragment') return others(node.children.map((child) => lowerChild(child, to)));
  const { name, attributes, selfClosing } = node.openingElement;
  useName(name, to);
  const given = others(attributes.map((attribute) => lowerAttribute(attribute, to)));
  return selfClosing ? others([given]) : others([others([given]), ...node.children.map((child) => lowerChild(child, to))]);
};

const others = (parts: readonly Expr[]): Expr => ({ kind: 'other', of: parts.filter(matters) });
const NOTHING: Expr = { kind: 'other', of: [] };

const lowerAttribute = (node: JSXAttributeItem, to: Walk): Expr => {
  if (node.type === 'JSXSpreadAttribute') return others([to.expression(node.argument)]);
  useName(node.name, to);
  if (node.value === null || node.value.type === 'Literal') return NOTHING;
  return others([node.value.type === 'JSXExpressionContainer' ? contained(node.value, to) : lowerJsx(node.value, to)]);
};

const lowerChild = (node: JSXChild, to: Walk): Expr => {
  switch (node.type) {
    case 'JSXText': return NOTHING;
    case 'JSXExpressionContainer': return contained(node, to);
    case 'JSXSpreadChild': return others([to.expression(node.expression)]);
    default: return lowerJsx(node, to);
  }
};

const contained = ({ expression }: JSXExpressionContainer, to: Walk): Expr => (expression.type === 'JSXEmptyExpression' ? NOTHING : others([to.expression(expression)]));

const useName = (name: JSXElementName | JSXAttributeName | JSXMemberExpression, to: Walk): void => {
  if (name.type === 'JSXIdentifier') {
    if (name.name !== 'this') to.valueUses.add(name.name);
  } else if (name.type === 'JSXMemberExpression') {
    useName(name.object, to);
  } else {
    useName(name.namespace, to);
    useName(name.name, to);
  }
};
