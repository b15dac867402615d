import type { FunctionFact } from '../parse/facts.ts';
import { EXTERNAL_BASE, UNKNOWN, each, join, nativeMembers, type ClassValue, type Frame, type FunctionValue, type ObjectValue, type Run, type Value } from './values.ts';

/** `of.name`; for a method of a class the function itself, unbound unless `forCall`. */
export const memberOf = (of: Value, name: string, run: Run, forCall = false): Value => {
  switch (of.kind) {
    case 'object': return objectMember(of, name, run);
    case 'module': return run.exportValue(of.file, name);
    case 'class': return staticMember(of, name, run);
    case 'external': return externalMember(of, name);
    case 'many': return join(of.values.map((one) => memberOf(one, name, run, forCall)));
    default: return ownMember(of, name);
  }
};

const ownMember = (of: Value, name: string): Value => {
  if (of.kind === 'function') return of.properties.get(name) ?? (name === 'prototype' ? prototypeOf(of) : UNKNOWN);
  if (of.kind === 'native') return nativeMembers(of)?.member(name) ?? UNKNOWN;
  return of.kind === 'list' ? of.items[Number(name)] ?? UNKNOWN : UNKNOWN;
};

const prototypeOf = (of: Extract<Value, { kind: 'function' }>): Value => {
  const made: Value = { kind: 'object', properties: new Map() };
  of.properties.set('prototype', made);
  return made;
};

const externalMember = (of: Extract<Value, { kind: 'external' }>, name: string): Value => ({ kind: 'external', module: of.module, path: of.path === '' ? name : `${of.path}.${name}` });

const objectMember = (of: ObjectValue, name: string, run: Run): Value => {
  const own = of.properties.get(name);
  if (own !== undefined || of.of === undefined) return own ?? UNKNOWN;
  const found = findMethod(of.of, name, run, false);
  if (found === undefined) return UNKNOWN;
  const method: Value = { kind: 'function', file: found.owner.file, index: found.index, scope: found.owner.scope, self: of, properties: new Map() };
  return found.fact.member?.kind === 'get' ? run.invoke(method, [], of) : method;
};

const staticMember = (of: ClassValue, name: string, run: Run): Value => {
  const known = of.statics.get(name);
  if (known !== undefined) return known;
  const found = findMethod(of, name, run, true);
  if (found !== undefined) {
    const method: Value = { kind: 'function', file: found.owner.file, index: found.index, scope: found.owner.scope, self: of, properties: new Map() };
    return found.fact.member?.kind === 'get' ? run.invoke(method, [], of) : method;
  }
  for (const owner of lineage(of, run)) {
    const field = owner.file.classes[owner.index]?.fields.find((one) => one.isStatic && one.name === name);
    if (field?.initial !== undefined) {
      const value = run.evaluate(field.initial, { ...owner.scope, self: owner });
      of.statics.set(name, value);
      return value;
    }
  }
  return UNKNOWN;
};

interface FoundMethod { readonly owner: ClassValue; readonly index: number; readonly fact: FunctionFact }

/** A method by name, up the line of base classes. */
export const findMethod = (of: ClassValue, name: string, run: Run, isStatic: boolean): FoundMethod | undefined => {
  for (const owner of lineage(of, run)) {
    for (const index of methodsOf(owner)) {
      const fact = owner.file.functions[index];
      if (fact?.member?.name === name && fact.member.isStatic === isStatic && fact.member.kind !== 'set') return { owner, index, fact };
    }
  }
  return undefined;
};

/** Methods, and fields that hold a function. */
const methodsOf = (owner: ClassValue): readonly number[] => {
  const fact = owner.file.classes[owner.index];
  if (fact === undefined) return [];
  return [...fact.methods, ...fact.fields.flatMap(({ initial }) => (initial?.kind === 'function' ? [initial.index] : []))];
};

/** A class and its bases, nearest first, as far as they are this project's. */
export const lineage = (of: ClassValue, run: Run): ClassValue[] => {
  const line: ClassValue[] = [];
  let at: ClassValue | undefined = of;
  while (at !== undefined && line.length < 12 && !line.includes(at)) {
    line.push(at);
    at = baseOf(at, run);
  }
  return line;
};

const bases = new WeakMap<ClassValue, { readonly base?: ClassValue }>();

export const baseOf = (of: ClassValue, run: Run): ClassValue | undefined => {
  const known = bases.get(of);
  if (known !== undefined) return known.base;
  const base = of.file.classes[of.index]?.base;
  const value = base === undefined ? UNKNOWN : run.evaluate(base, of.scope);
  const found = each(value).find((one): one is ClassValue => one.kind === 'class');
  bases.set(of, found === undefined ? {} : { base: found });
  return found;
};

export const setMember = (owner: Value, name: string, value: Value): void => {
  for (const one of each(owner)) {
    if (one.kind === 'object' || one.kind === 'function') one.properties.set(name, join([one.properties.get(name) ?? UNKNOWN, value]));
    else if (one.kind === 'class') one.statics.set(name, value);
    else nativeMembers(one)?.setMember(name, value);
  }
};

const classOfFrame = (frame: Frame, run: Run): ClassValue | undefined => {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) {
    const owner = at.file.functions[at.index]?.owner ?? -1;
    if (owner >= 0 && at.self?.kind === 'object' && at.self.of !== undefined) {
      const file = at.file;
      return lineage(at.self.of, run).find((one) => one.file === file && one.index === owner);
    }
  }
  return undefined;
};

/** What `super(…)` makes: the project's own base class, or a package's, kept beside the instance. */
const initialiseBase = (self: ObjectValue, of: ClassValue, args: readonly Value[], run: Run): void => {
  const base = baseOf(of, run);
  const line = self.of === undefined ? [] : lineage(self.of, run);
  // Only upward: in broken code two classes may extend each other.
  if (base !== undefined && line.indexOf(base) > line.indexOf(of)) initialise(self, base, args, run);
  else if (base === undefined && !self.properties.has(EXTERNAL_BASE)) {
    const expr = of.file.classes[of.index]?.base;
    const package_ = expr === undefined ? undefined : each(run.evaluate(expr, of.scope)).find((one) => one.kind === 'external');
    const made = package_ === undefined ? UNKNOWN : run.external(package_, args);
    if (made.kind === 'native') self.properties.set(EXTERNAL_BASE, made);
  }
};

const initialise = (self: ObjectValue, of: ClassValue, args: readonly Value[], run: Run): void => {
  const fact = of.file.classes[of.index];
  if (fact === undefined) return;
  const constructorIndex = fact.methods.find((index) => of.file.functions[index]?.member?.kind === 'constructor');
  if (constructorIndex === undefined) initialiseBase(self, of, args, run);
  for (const field of fact.fields) {
    if (!field.isStatic && field.initial !== undefined) self.properties.set(field.name, run.evaluate(field.initial, { ...of.scope, self }));
  }
  if (constructorIndex !== undefined) run.invoke({ kind: 'function', file: of.file, index: constructorIndex, scope: of.scope, properties: new Map() }, args, self);
};

/** Making instances: `new X()`, `super()`, `super.method()`. */
export const construct = {
  instance: (of: ClassValue, args: readonly Value[], run: Run): Value => {
    const self: ObjectValue = { kind: 'object', properties: new Map(), of };
    const fact = of.file.classes[of.index];
    if (fact !== undefined) run.instances.set(fact, [...(run.instances.get(fact) ?? []), self]);
    initialise(self, of, args, run);
    return self;
  },
  /** `new Films()` where Films is a function of old: what it puts on `this`, beside what its prototype holds. */
  byFunction: (of: FunctionValue, args: readonly Value[], run: Run): Value => {
    const prototype = of.properties.get('prototype');
    const self: ObjectValue = { kind: 'object', properties: new Map(prototype?.kind === 'object' ? prototype.properties : []) };
    const returned = run.invoke(of, args, self);
    return returned.kind === 'unknown' ? self : returned;
  },
  base: (frame: Frame, args: readonly Value[], run: Run): Value => {
    const own = classOfFrame(frame, run);
    if (own !== undefined && frame.self?.kind === 'object') initialiseBase(frame.self, own, args, run);
    return UNKNOWN;
  },
  parent: (frame: Frame, run: Run): Value => {
    const own = classOfFrame(frame, run);
    const base = own === undefined ? undefined : baseOf(own, run);
    return base === undefined || frame.self?.kind !== 'object' ? UNKNOWN : { kind: 'object', properties: frame.self.properties, of: base };
  },
};
