import { imaginedFrame, instanceFor } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { lineage } from '../interpret/members.ts';
import type { Frame, ObjectValue } from '../interpret/values.ts';
import type { ClassFact, FileFacts } from '../parse/facts.ts';

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
  const imagined = fact?.base === undefined ? undefined : instanceFor(run, file, index);
  return imagined?.kind === 'object' ? [imagined] : [];
};

/** The variables of a function with `this` being a given instance, all the way out to its method. */
export const framedBy = (run: Interpreter, file: FileFacts, index: number, self: ObjectValue): Frame => {
  const fact = file.functions[index];
  const parent = fact === undefined || fact.owner >= 0 ? imaginedFrame(run, file, fact?.parent ?? 0) : framedBy(run, file, fact.parent, self);
  return { file, index, variables: new Map(), returns: [], imagined: true, parent, self };
};
