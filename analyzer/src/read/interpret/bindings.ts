import type { Pattern, Step } from '../parse/facts.ts';
import type { Frame, Run, Value } from './values.ts';

/** The declaration of a name among the steps of a function, loops included. */
export const findBinding = (steps: readonly Step[], name: string): Extract<Step, { kind: 'let' | 'each' }> | undefined => {
  for (const step of steps) {
    if ((step.kind === 'let' || step.kind === 'each') && patternNames(step.pattern).includes(name)) return step;
    const nested = step.kind === 'each' ? findBinding(step.body, name) : undefined;
    if (nested !== undefined) return nested;
  }
  return undefined;
};

const patternNames = (pattern: Pattern): string[] => {
  if (pattern.kind === 'name') return [pattern.name];
  if (pattern.kind === 'array') return pattern.items.flatMap((item) => (item === undefined ? [] : patternNames(item)));
  return [...pattern.entries.flatMap(({ target }) => patternNames(target)), ...(pattern.rest === undefined ? [] : [pattern.rest])];
};

export const isDeclaration = (step: Extract<Step, { kind: 'let' }>): boolean => step.value?.kind === 'function' || step.value?.kind === 'class';

/** Functions and classes can be used above their declaration. */
export const hoist = (steps: readonly Step[], frame: Frame, run: Run): void => {
  for (const step of steps) {
    if (step.kind === 'let' && step.value !== undefined && step.pattern.kind === 'name' && isDeclaration(step)) frame.variables.set(step.pattern.name, run.evaluate(step.value, frame));
  }
};

/** `const { films } = await hooks.fire('filter:films', { films })`: of what we cannot see inside, that what was handed in comes back. */
export const handedBack = (step: Extract<Step, { kind: 'let' }>, value: Value, frame: Frame, run: Run): Value => {
  const call = step.value?.kind === 'await' ? step.value.of : step.value;
  if (value.kind !== 'unknown' || step.pattern.kind !== 'object' || call?.kind !== 'call') return value;
  const keys = step.pattern.entries.map(({ key }) => key);
  const given = call.args.findLast((arg) => arg.kind === 'object' && keys.some((key) => arg.properties.some(({ name }) => name === key)));
  return given === undefined ? value : run.evaluate(given, frame);
};
