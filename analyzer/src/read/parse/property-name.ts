import { ts } from 'ts-morph';

/** The constant name of a property; undefined when it is computed. */
export const propertyName = (name: ts.PropertyName): string | undefined => {
  if (ts.isComputedPropertyName(name)) return ts.isStringLiteralLike(name.expression) ? name.expression.text : undefined;
  return name.text;
};
