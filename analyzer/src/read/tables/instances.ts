import { imaginedFrame, instanceFor } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { lineage } from '../interpret/members.ts';
import type { Frame, ObjectValue } from '../interpret/values.ts';
import { eachExpr } from '../link/visit.ts';
import type { ClassFact, Expr, FieldFact, FileFacts } from '../parse/facts.ts';

const MOST = 80;
const MOST_OF_ONE = 8;

/** A few instances of each class that is or inherits a class, for reading its methods with what the instance knows (`this.table`). */
export class Instances {
  private readonly byClass = new Map<ClassFact, ObjectValue[]>();

  constructor(run: Interpreter, files: readonly FileFacts[]) {
    for (const file of files) {
      for (const index of file.classes.keys()) {
        for (const self of instancesOf(run, file, index)) if (self.of !== undefined) for (const owner of lineage(self.of, run)) this.add(owner.file.classes[owner.index], self);
      }
    }
  }

  private add(fact: ClassFact | undefined, self: ObjectValue): void {
    if (fact === undefined) return;
    const known = this.byClass.get(fact) ?? [];
    if (known.length < MOST) known.push(self);
    this.byClass.set(fact, known);
  }

  of(fact: ClassFact): readonly ObjectValue[] {
    return this.byClass.get(fact) ?? [];
  }
}

/** Those the program makes itself (two queues of one class have two tables), or an imagined one. */
const instancesOf = (run: Interpreter, file: FileFacts, index: number): readonly ObjectValue[] => {
  const fact = file.classes[index];
  const made = fact === undefined ? undefined : run.instances.get(fact);
  if (made !== undefined) return made.slice(0, MOST_OF_ONE);
  const imagined = fact?.base === undefined ? withFields(run, file, index) : instanceFor(run, file, index);
  return imagined?.kind === 'object' ? [imagined] : [];
};

/** What only a container makes (`private readonly table = 'films'`), with the names in its fields; its constructor is not run. */
const withFields = (run: Interpreter, file: FileFacts, index: number): ObjectValue | undefined => {
  const fact = file.classes[index];
  const named = [...(fact?.fields ?? []).flatMap(fieldName), ...(fact?.methods ?? []).flatMap((method) => setNames(file, method))];
  if (fact === undefined || named.length === 0) return undefined;
  const scope = imaginedFrame(run, file, fact.scope);
  const self: ObjectValue = { kind: 'object', properties: new Map(), of: { kind: 'class', file, index, scope, statics: new Map() } };
  for (const { name, value } of named) self.properties.set(name, run.evaluate(value, { ...scope, self }));
  return self;
};

interface NamedField { readonly name: string; readonly value: Expr }

const NAMES: ReadonlySet<Expr['kind']> = new Set(['text', 'template', 'name', 'member']);

const fieldName = ({ name, isStatic, initial }: FieldFact): NamedField[] => (isStatic || initial === undefined || !NAMES.has(initial.kind) ? [] : [{ name, value: initial }]);

/** `this.table = 'films'` in a constructor. */
const setNames = (file: FileFacts, method: number): NamedField[] => {
  const fact = file.functions[method];
  const named: NamedField[] = [];
  if (fact?.member?.kind === 'constructor') eachExpr(fact.steps, (expr) => {
    if (expr.kind === 'assign' && expr.target.kind === 'member' && expr.target.of.kind === 'this' && (expr.value.kind === 'text' || expr.value.kind === 'template')) named.push({ name: expr.target.name, value: expr.value });
  });
  return named;
};

/** The variables of a function with `this` being a given instance, all the way out to its method. */
export const framedBy = (run: Interpreter, file: FileFacts, index: number, self: ObjectValue): Frame => {
  const fact = file.functions[index];
  const parent = fact === undefined || fact.owner >= 0 ? imaginedFrame(run, file, fact?.parent ?? 0) : framedBy(run, file, fact.parent, self);
  return { file, index, variables: new Map(), returns: [], imagined: true, parent, self };
};
