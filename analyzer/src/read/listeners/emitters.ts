import type { Program } from '../link/program.ts';
import type { Type } from '../link/type.ts';
import type { Types } from '../link/types.ts';
import type { TypeFact } from '../parse/facts.ts';
import { isEmitter } from './registrars.ts';

const LISTENING = ['on', 'addListener', 'subscribe'];
const RAISING = ['emit', 'emitAsync', 'publish', 'trigger', 'dispatch'];

/** Tells classes and interfaces of the project that are emitters: they extend a package's, or offer both to listen and to raise. */
export class Emitters {
  private readonly types: Types;
  private readonly program: Program;
  private readonly known = new Map<unknown, boolean>();

  constructor(types: Types) {
    this.types = types;
    this.program = types.program;
  }

  is = (type: Type): boolean => {
    if (type.kind !== 'class' && type.kind !== 'shape') return type.kind === 'external' ? isEmitter(type, () => false) : type.kind === 'all' && type.of.some(this.is);
    const key = type.kind === 'class' ? type.file.classes[type.index] : type.file.shapes.get(type.name);
    const before = this.known.get(key);
    if (before !== undefined) return before;
    this.known.set(key, false);
    const found = type.kind === 'class' ? this.isClass(type) : this.isShape(type);
    this.known.set(key, found);
    return found;
  };

  private isClass(type: Extract<Type, { kind: 'class' }>): boolean {
    const fact = type.file.classes[type.index];
    const base = fact?.base === undefined ? undefined : this.types.of(type.file, fact.scope, fact.base);
    return (base !== undefined && this.is(base)) || this.offersBoth(type) || (fact?.implemented ?? []).some((one) => this.isNamed(type.file.path, one));
  }

  private isShape(type: Extract<Type, { kind: 'shape' }>): boolean {
    const fact = type.file.shapes.get(type.name);
    return [...(fact?.bases ?? []), ...(fact?.alias?.args ?? [])].some((one) => this.isNamed(type.file.path, one)) || this.offersBoth(type);
  }

  private isNamed(path: string, fact: TypeFact): boolean {
    const file = this.program.files.get(path);
    const type = file === undefined ? undefined : this.types.resolve(file, fact);
    return type !== undefined && this.is(type);
  }

  private offersBoth(type: Type): boolean {
    const offers = (names: readonly string[]): boolean => names.some((name) => {
      const found = this.types.member(type, name);
      return found?.kind === 'function' || found?.kind === 'declared';
    });
    return offers(LISTENING) && offers(RAISING);
  }
}
