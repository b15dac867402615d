import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { HOLE, texts } from '../interpret/values.ts';
import { assignmentsTo, findBinding, thisClass } from '../link/scopes.ts';
import type { Types } from '../link/types.ts';
import type { Expr, FileFacts, ParameterFact } from '../parse/facts.ts';

/** The name of the queue an expression stands for: `new Queue('mails')` wherever it was made, or `@InjectQueue('mails')`. Undefined when that is not known. */
export const queueName = (file: FileFacts, scope: number, expr: Expr, types: Types, run: Interpreter, depth = 0): string | undefined => {
  if (depth > 4) return undefined;
  const further = (of: FileFacts, at: number, next: Expr): string | undefined => queueName(of, at, next, types, run, depth + 1);
  switch (expr.kind) {
    case 'call': return expr.form === 'new' ? constant(file, scope, expr.args[0], run) : undefined;
    case 'cast': case 'await': return further(file, scope, expr.of);
    case 'name': return ofName(file, scope, expr.name, types, further);
    case 'assign': return further(file, scope, expr.value);
    default: return isField(expr) ? ofField(file, scope, expr.name, run, further) : undefined;
  }
};

const isField = (expr: Expr): expr is Extract<Expr, { kind: 'member' }> => expr.kind === 'member' && expr.of.kind === 'this';

type Further = (file: FileFacts, scope: number, expr: Expr) => string | undefined;

const constant = (file: FileFacts, scope: number, expr: Expr | undefined, run: Interpreter): string | undefined =>
  (expr === undefined ? undefined : texts(run.evaluate(expr, imaginedFrame(run, file, scope))).find((one) => !one.includes(HOLE)));

const ofName = (file: FileFacts, scope: number, name: string, types: Types, further: Further): string | undefined => {
  const binding = findBinding(file, scope, name);
  if (binding === undefined) return ofImport(file, name, types, further);
  const values = [binding.value, ...assignmentsTo(file, binding.scope, name).map(({ value }) => value)];
  return values.map((value) => known(file, binding.scope, value, further)).find((one) => one !== undefined);
};

const ofImport = (file: FileFacts, name: string, types: Types, further: Further): string | undefined => {
  const imported = types.program.index(file).imports.get(name);
  const target = imported === undefined ? undefined : types.program.fileOf(file.path, imported.specifier);
  const declared = target === undefined || imported === undefined ? undefined : types.program.exported(target, imported.imported);
  if (declared === undefined) return undefined;
  return declared.local === undefined ? known(declared.file, 0, declared.value, further) : further(declared.file, 0, { kind: 'name', name: declared.local });
};

const known = (file: FileFacts, scope: number, expr: Expr | undefined, further: Further): string | undefined => (expr === undefined ? undefined : further(file, scope, expr));

const ofField = (file: FileFacts, scope: number, name: string, run: Interpreter, further: Further): string | undefined => {
  const fact = file.classes[thisClass(file, scope)];
  if (fact === undefined) return undefined;
  const build = fact.methods.find((index) => file.functions[index]?.member?.kind === 'constructor') ?? -1;
  const field = fact.fields.find((one) => one.name === name);
  const injected = [parameterNamed(file, build, name), field].flatMap((one) => one?.decorators ?? []).find(isInjectedQueue);
  if (injected?.kind === 'call') return constant(file, 0, injected.args[0], run);
  return known(file, fact.scope, field?.initial, further) ?? inConstructor(file, build, name, further);
};

const isInjectedQueue = (decorator: Expr): boolean => decorator.kind === 'call' && decorator.callee.kind === 'name' && decorator.callee.name === 'InjectQueue';

const parameterNamed = (file: FileFacts, index: number, name: string): ParameterFact | undefined => file.functions[index]?.parameters.find(({ pattern, field }) => field && pattern.kind === 'name' && pattern.name === name);

/** `this.mails = new Queue('mails')`. */
const inConstructor = (file: FileFacts, build: number, name: string, further: Further): string | undefined => {
  for (const step of file.functions[build]?.steps ?? []) {
    const found = step.kind === 'do' && step.value.kind === 'assign' && isOwn(step.value.target, name) ? further(file, build, step.value.value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

const isOwn = (target: Expr, name: string): boolean => target.kind === 'member' && target.of.kind === 'this' && target.name === name;
