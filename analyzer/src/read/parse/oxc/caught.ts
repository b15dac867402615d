import type { BindingPattern, BindingProperty, BindingRestElement } from 'oxc-parser';
import { matters } from '../collected.ts';
import type { Expr } from '../facts.ts';
import type { Walk } from './walk.ts';

/** What `catch (…)` binds: its names count as used, and defaults in it are kept for the calls inside them. */
export const caught = (pattern: BindingPattern, to: Walk): Expr => others([bound(pattern, to)]);

const others = (parts: readonly Expr[]): Expr => ({ kind: 'other', of: parts.filter(matters) });

const bound = (pattern: BindingPattern, to: Walk): Expr => {
  switch (pattern.type) {
    case 'Identifier': return to.expression({ type: 'Identifier', name: pattern.name, start: pattern.start, end: pattern.end });
    case 'ObjectPattern': return others(pattern.properties.map((property) => others(inProperty(property, to))));
    case 'ArrayPattern': return others(pattern.elements.map((item) => others(item === null ? [] : withDefault(item.type === 'RestElement' ? item.argument : item, to))));
    case 'AssignmentPattern': return others(withDefault(pattern, to));
  }
};

const inProperty = (property: BindingProperty | BindingRestElement, to: Walk): Expr[] => {
  if (property.type === 'RestElement') return [bound(property.argument, to)];
  const key = property.shorthand ? [] : [property.computed ? others([to.expression(property.key)]) : to.expression(property.key)];
  return [...key, ...withDefault(property.value, to)];
};

const withDefault = (pattern: BindingPattern, to: Walk): Expr[] => (pattern.type === 'AssignmentPattern' ? [bound(pattern.left, to), to.expression(pattern.right)] : [bound(pattern, to)]);
