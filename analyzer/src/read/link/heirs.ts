import type { ClassFact } from '../parse/facts.ts';
import type { Type, TypeQuestions } from './type.ts';

type ClassType = Extract<Type, { kind: 'class' }>;

/** Who extends which class: an abstract method has no body, and is found at its heirs. */
export class Heirs {
  private readonly types: TypeQuestions;
  private direct: ReadonlyMap<ClassFact, readonly ClassType[]> | undefined;

  constructor(types: TypeQuestions) {
    this.types = types;
  }

  /** A member that a class lacks and its heirs have: the abstract one they fill in. A class with a base outside the project may have it from there. */
  declared(of: ClassType, name: string): Type | undefined {
    const fact = of.file.classes[of.index];
    if (of.self || fact === undefined || fact.base !== undefined) return undefined;
    const found = this.of(of).map((heir) => ownMethod(heir, name)).find((method) => method !== undefined);
    if (found === undefined) return undefined;
    const returns = this.types.returned(found);
    return { kind: 'declared', shape: of, member: name, ...(returns === undefined ? {} : { returns }) };
  }

  /** At any distance, nearest first. */
  of(type: ClassType): readonly ClassType[] {
    this.direct ??= this.find();
    const found: ClassType[] = [];
    const waiting: ClassType[] = [type];
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const fact = at.file.classes[at.index];
      const below = fact === undefined ? [] : this.direct.get(fact) ?? [];
      for (const one of below.filter(({ file, index }) => !found.some((known) => known.file === file && known.index === index))) {
        found.push(one);
        waiting.push(one);
      }
    }
    return found;
  }

  private find(): ReadonlyMap<ClassFact, readonly ClassType[]> {
    const found = new Map<ClassFact, ClassType[]>();
    for (const file of this.types.program.files.values()) {
      for (const index of file.classes.keys()) {
        const base = this.types.baseOf(file, index);
        const fact = base?.file.classes[base.index];
        if (fact !== undefined) found.set(fact, [...(found.get(fact) ?? []), { kind: 'class', file, index, self: false }]);
      }
    }
    return found;
  }
}

const ownMethod = ({ file, index }: ClassType, name: string): Extract<Type, { kind: 'function' }> | undefined => {
  const method = file.classes[index]?.methods.find((one) => file.functions[one]?.member?.name === name && file.functions[one].member.kind === 'method');
  return method === undefined ? undefined : { kind: 'function', file, index: method };
};
