import type { FileFacts, TypeFact } from '../parse/facts.ts';
import { first, givenTo, instanceOf, listOf, localType, type Known, type Type, type TypeQuestions } from './type.ts';

const UNWRAPPED = new Set(['Promise', 'Readonly', 'Partial', 'Required', 'Pick', 'Omit', 'NonNullable', 'Awaited', 'PromiseLike', 'Ref', 'WeakRef', 'Lazy', 'DeepReadonly', 'Mutable']);
const LISTS = new Set(['[]', 'Array', 'ReadonlyArray', 'Set', 'ReadonlySet', 'Iterable', 'AsyncIterable']);
/** What holds values under keys: only the values matter. */
export const MAPS: ReadonlySet<string> = new Set(['Map', 'ReadonlyMap', 'WeakMap', 'Record', 'Dictionary']);

type Shape = Extract<Type, { kind: 'shape' }>;

/** Types as they are written: references, unions, generics with what they are given, members of interfaces and aliases. */
export class WrittenTypes {
  private readonly types: TypeQuestions;

  constructor(types: TypeQuestions) {
    this.types = types;
  }

  resolve(file: FileFacts, type: TypeFact, known: Known): Type | undefined {
    const given = type.args === undefined ? known.get(type.name) : undefined;
    if (given !== undefined) return given;
    if (type.members !== undefined) return { kind: 'literal', file, members: type.members, known };
    const args = type.args ?? [];
    switch (type.name) {
      case '|': return first(args.map((arg) => () => this.types.resolve(file, arg, known)));
      case '&': return { kind: 'all', of: args.flatMap((arg) => this.types.resolve(file, arg, known) ?? []) };
      case 'T[K]': return this.indexed(file, args, known);
      case '=>': return { kind: 'callable', file, type, known };
      default: return this.reference(file, type, known);
    }
  }

  private reference(file: FileFacts, type: TypeFact, known: Known): Type | undefined {
    if (type.name.startsWith('typeof ')) return this.ofPath(file, type.name.slice(7));
    const [inner, second] = type.args ?? [];
    return inner === undefined ? this.named(file, type) : this.generic(file, type, { inner, second, known });
  }

  private generic(file: FileFacts, type: TypeFact, { inner, second, known }: { inner: TypeFact; second: TypeFact | undefined; known: Known }): Type | undefined {
    if (UNWRAPPED.has(type.name)) return this.types.resolve(file, inner, known);
    if (LISTS.has(type.name)) return listOf(this.types.resolve(file, inner, known));
    if (MAPS.has(type.name)) return this.dictionary(file, type.name, second, known);
    if (type.name === 'ReturnType' || type.name === 'InstanceType') return this.instanceOrReturn(file, inner, known);
    const found = this.named(file, type);
    return found?.kind === 'shape' ? { ...found, args: (type.args ?? []).map((arg) => this.types.resolve(file, arg, known)) } : found;
  }

  private dictionary(file: FileFacts, name: string, item: TypeFact | undefined, known: Known): Type | undefined {
    const of = item === undefined ? undefined : this.types.resolve(file, item, known);
    if (of === undefined) return undefined;
    return name === 'Record' || name === 'Dictionary' ? { kind: 'list', of, keyed: true } : listOf(of);
  }

  private indexed(file: FileFacts, [of, by]: readonly TypeFact[], known: Known): Type | undefined {
    const base = of === undefined ? undefined : this.types.resolve(file, of, known);
    return base === undefined || by?.literal === undefined ? undefined : this.types.member(base, by.literal);
  }

  private instanceOrReturn(file: FileFacts, inner: TypeFact, known: Known): Type | undefined {
    const of = this.types.resolve(file, inner, known);
    return of?.kind === 'class' ? { ...of, self: false } : of === undefined ? undefined : this.types.returned(of);
  }

  private ofPath(file: FileFacts, path: string): Type | undefined {
    const [start = '', ...rest] = path.split('.');
    return rest.reduce<Type | undefined>((type, name) => (type === undefined ? undefined : this.types.member(type, name)), this.types.ofName(file, 0, start));
  }

  private named(file: FileFacts, type: TypeFact): Type | undefined {
    const { program } = this.types;
    const [start = '', ...rest] = type.name.split('.');
    const local = rest.length === 0 ? localType(file, start) : undefined;
    const imported = local === undefined ? program.index(file).imports.get(start) : undefined;
    if (imported === undefined) return local;
    const target = program.target(file.path, imported.specifier);
    if (target.kind === 'external') return { kind: 'external', module: target.name, name: [imported.imported, ...rest].join('.') };
    const next = program.fileOf(file.path, imported.specifier);
    return next === undefined ? undefined : this.exportedType(next, imported.imported === '*' ? rest[0] ?? '*' : imported.imported);
  }

  private exportedType(file: FileFacts, name: string): Type | undefined {
    const declared = this.types.program.exported(file, name);
    if (declared?.local === undefined) return undefined;
    return localType(declared.file, declared.local) ?? instanceOf(this.types.ofName(declared.file, 0, declared.local));
  }

  literalMember(of: Extract<Type, { kind: 'literal' }>, name: string): Type | undefined {
    const type = of.members.get(name);
    return type === undefined ? undefined : this.types.resolve(of.file, type, of.known);
  }

  shapeMember(shape: Shape, name: string): Type | undefined {
    const fact = shape.file.shapes.get(shape.name);
    if (fact === undefined) return undefined;
    const known = givenTo(shape);
    const type = fact.members.get(name);
    if (type?.name === '=>') return this.method(shape, name, type, known);
    if (type !== undefined) return this.types.resolve(shape.file, type, known);
    const bases = fact.alias === undefined ? fact.bases : [fact.alias];
    return first(bases.map((base) => () => {
      const of = this.types.resolve(shape.file, base, known);
      const found = of === undefined || (of.kind === 'shape' && of.name === shape.name && of.file === shape.file) ? undefined : this.types.member(of, name);
      // A method the interface inherits is implemented by whoever implements the interface.
      return found?.kind === 'declared' ? { ...found, shape } : found;
    }));
  }

  private method(shape: Shape, member: string, type: TypeFact, known: Known): Type {
    const callable = { kind: 'callable', file: shape.file, type, known } as const;
    const returns = this.types.returned(callable);
    return { kind: 'declared', shape, member, type: callable, ...(returns === undefined ? {} : { returns }) };
  }
}
