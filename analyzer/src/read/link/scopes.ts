import type { Expr, FileFacts, FunctionFact, Pattern, Step, TypeFact } from '../parse/facts.ts';

/** What a name stands for inside one function, from its text alone. */
export interface Binding {
  readonly name: string;
  readonly from: 'parameter' | 'let' | 'each';
  /** The function that binds it. */
  readonly scope: number;
  readonly type?: TypeFact;
  readonly value?: Expr;
  /** How the name is taken out of the value: `const { a: { b } } = v` gives `['a', 'b']`; an array position is `[]`. */
  readonly path: readonly string[];
  readonly position?: number;
  readonly field?: boolean;
}

const scopes = new WeakMap<FunctionFact, ReadonlyMap<string, Binding>>();

/** The names a function binds itself: parameters, variables, loop variables. The last binding wins, as it does at run time. */
export const bindingsOf = (file: FileFacts, index: number): ReadonlyMap<string, Binding> => {
  const fact = file.functions[index];
  if (fact === undefined) return new Map();
  const known = scopes.get(fact);
  if (known !== undefined) return known;
  const found = new Map<string, Binding>();
  for (const [position, { pattern, type, initial, field }] of fact.parameters.entries()) {
    note(found, pattern, { from: 'parameter', scope: index, path: [], position, field, ...(type === undefined ? {} : { type }), ...(initial === undefined ? {} : { value: initial }) });
  }
  noteSteps(found, fact.steps, index);
  scopes.set(fact, found);
  return found;
};

const noteSteps = (found: Map<string, Binding>, steps: readonly Step[], scope: number): void => {
  for (const step of steps) {
    if (step.kind === 'let') note(found, step.pattern, { from: 'let', scope, path: [], ...(step.type === undefined ? {} : { type: step.type }), ...(step.value === undefined ? {} : { value: step.value }) });
    if (step.kind === 'each') {
      note(found, step.pattern, { from: 'each', scope, path: ['[]'], value: step.of });
      noteSteps(found, step.body, scope);
    }
  }
};

const note = (found: Map<string, Binding>, pattern: Pattern, binding: Omit<Binding, 'name'>): void => {
  if (pattern.kind === 'name') noteName(found, pattern.name, { ...binding, name: pattern.name });
  else if (pattern.kind === 'object') noteObject(found, pattern, binding);
  else for (const item of pattern.items) if (item !== undefined) note(found, item, { ...binding, path: [...binding.path, '[]'] });
};

/** `let x;` says nothing about what another binding of `x` says. */
const noteName = (found: Map<string, Binding>, name: string, binding: Binding): void => {
  const before = found.get(name)?.value;
  found.set(name, binding.value === undefined && before !== undefined ? { ...binding, value: before } : binding);
};

const noteObject = (found: Map<string, Binding>, pattern: Extract<Pattern, { kind: 'object' }>, binding: Omit<Binding, 'name'>): void => {
  for (const { key, target } of pattern.entries) note(found, target, { ...binding, path: [...binding.path, key] });
  if (pattern.rest !== undefined) found.set(pattern.rest, { ...binding, name: pattern.rest });
};

/** Finds a name from the inside out; undefined when no function around binds it. */
export const findBinding = (file: FileFacts, index: number, name: string): Binding | undefined => {
  for (let at = index; at >= 0; at = file.functions[at]?.parent ?? -1) {
    const found = bindingsOf(file, at).get(name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The class whose `this` is meant inside a function: its own, or for an arrow function and callbacks that of the function around. */
export const thisClass = (file: FileFacts, index: number): number => {
  for (let at = index; at >= 0; at = file.functions[at]?.parent ?? -1) {
    const fact = file.functions[at];
    if (fact !== undefined && fact.owner >= 0) return fact.owner;
  }
  return -1;
};

interface Assignment { readonly scope: number; readonly name: string; readonly value: Expr }

const assignments = new WeakMap<FileFacts, readonly Assignment[]>();

/** What is later put into a variable of function `scope`, by itself or by functions inside it, in the order of the text. */
export const assignmentsTo = (file: FileFacts, scope: number, name: string): readonly Assignment[] => {
  const known = assignments.get(file) ?? allAssignments(file);
  assignments.set(file, known);
  return known.filter((one) => one.name === name && findBinding(file, one.scope, name)?.scope === scope);
};

const allAssignments = (file: FileFacts): Assignment[] => file.functions.flatMap(({ steps }, scope) => steps.flatMap((step) => {
  const value = step.kind === 'do' ? step.value : undefined;
  return value?.kind === 'assign' && value.target.kind === 'name' ? [{ scope, name: value.target.name, value: value.value }] : [];
}));
