import { HOLE, UNKNOWN, each, join, text, texts, type FunctionValue, type Run, type Value } from './values.ts';

type Builtin = (receiver: Value, args: readonly Value[], run: Run) => Value | undefined;

const callback = (args: readonly Value[]): FunctionValue | undefined => args.flatMap(each).find((arg): arg is FunctionValue => arg.kind === 'function');

const overItems = (collect: boolean): Builtin => (receiver, args, run) => {
  const called = callback(args);
  if (receiver.kind !== 'list' || called === undefined) return undefined;
  const results = receiver.items.slice(0, 300).map((item, position) => run.invoke(called, [item, { kind: 'constant', value: position }], called.self));
  return collect ? { kind: 'list', items: results } : UNKNOWN;
};

const ofObject = (pick: (key: string, value: Value) => Value): Builtin => (_, args) => {
  const items = args.slice(0, 1).flatMap(each).flatMap((one) => (one.kind === 'object' ? [...one.properties].map(([key, value]) => pick(key, value)) : []));
  return { kind: 'list', items };
};

const onText = (change: (value: string, args: readonly string[]) => string): Builtin => (receiver, args) =>
  (receiver.kind === 'text' ? text(change(receiver.text, args.flatMap((arg) => texts(arg).slice(0, 1)))) : undefined);

/** Runs what `.then(f)` would run: the promise's value is what the receiver is known to be. */
const then: Builtin = (receiver, args, run) => {
  const called = callback(args);
  return called === undefined ? undefined : run.invoke(called, [receiver], called.self);
};

const joinTexts = (separator: string, clean: (path: string) => string): Builtin => (_, args) => text(clean(args.map((arg) => texts(arg)[0] ?? HOLE).join(separator)));

const BUILTINS: Readonly<Record<string, Builtin>> = {
  bind: (receiver, args) => (receiver.kind === 'function' ? { ...receiver, ...(args[0] === undefined ? {} : { self: args[0] }) } : undefined),
  call: (receiver, args, run) => (receiver.kind === 'function' ? run.invoke(receiver, args.slice(1), args[0]) : undefined),
  apply: (receiver, args, run) => (receiver.kind === 'function' ? run.invoke(receiver, args[1]?.kind === 'list' ? args[1].items : [], args[0]) : undefined),
  forEach: overItems(false), map: overItems(true), flatMap: overItems(true),
  at: (receiver, args) => (receiver.kind === 'list' && args[0]?.kind === 'constant' ? receiver.items.at(Number(args[0].value)) : undefined),
  slice: (receiver, args) => (receiver.kind === 'list' && args.every(({ kind }) => kind === 'constant') ? { kind: 'list', items: receiver.items.slice(...args.map((arg) => (arg.kind === 'constant' ? Number(arg.value) : 0))) } : undefined),
  pop: (receiver) => (receiver.kind === 'list' ? receiver.items.at(-1) : undefined), shift: (receiver) => (receiver.kind === 'list' ? receiver.items[0] : undefined),
  filter: (receiver) => (receiver.kind === 'list' ? receiver : undefined),
  reverse: (receiver) => (receiver.kind === 'list' ? receiver : undefined),
  flat: (receiver) => (receiver.kind === 'list' ? { kind: 'list', items: receiver.items.flatMap((item) => (item.kind === 'list' ? item.items : [item])) } : undefined),
  concat: (receiver, args) => (receiver.kind === 'list' ? { kind: 'list', items: [...receiver.items, ...args.flatMap((arg) => (arg.kind === 'list' ? arg.items : [arg]))] }
    : receiver.kind === 'text' ? text([receiver, ...args].map((arg) => texts(arg)[0] ?? HOLE).join('')) : undefined),
  join: (receiver, args) => (receiver.kind === 'list' ? text(receiver.items.map((item) => texts(item)[0] ?? HOLE).join(texts(args[0] ?? UNKNOWN)[0] ?? ',')) : undefined),
  toLowerCase: onText((value) => value.toLowerCase()), toUpperCase: onText((value) => value.toUpperCase()), toString: onText((value) => value), trim: onText((value) => value.trim()),
  replace: onText((value, [from, to]) => (from === undefined || to === undefined ? value : value.replace(from, () => to))),
  then, finally: then,
  assign: (receiver, args) => (receiver.kind === 'external' && receiver.path === 'Object' ? assignAll(args) : undefined),
  freeze: (_, args) => args[0], seal: (_, args) => args[0],
};

const assignAll = (args: readonly Value[]): Value => {
  const [target, ...sources] = args;
  if (target?.kind !== 'object' && target?.kind !== 'function') return join(args);
  for (const source of sources) if (source.kind === 'object') for (const [key, value] of source.properties) target.properties.set(key, value);
  return target;
};

const GLOBALS: Readonly<Record<string, Builtin>> = {
  'Object.keys': ofObject((key) => text(key)), 'Object.values': ofObject((_, value) => value),
  'Object.entries': ofObject((key, value) => ({ kind: 'list', items: [text(key), value] })),
  'Object.assign': (_, args) => assignAll(args), 'Object.freeze': (_, args) => args[0], 'Promise.resolve': (_, args) => args[0] ?? UNKNOWN,
  String: (_, args) => args[0] ?? UNKNOWN, 'String.raw': (_, args) => args[0] ?? UNKNOWN,
  'path.join': joinTexts('/', (path) => path.replace(/\/+/g, '/')),
};

/** What the language's own functions do with known values; undefined for all others. */
export const callBuiltin = (receiver: Value, name: string, args: readonly Value[], run: Run): Value | undefined => {
  if (receiver.kind === 'external' && receiver.module === 'global') return own(GLOBALS, name.includes('.') ? name : receiver.path === name ? name : `${receiver.path}.${name}`)?.(receiver, args, run);
  return own(BUILTINS, name)?.(receiver, args, run);
};

const own = (table: Readonly<Record<string, Builtin>>, name: string): Builtin | undefined => (Object.hasOwn(table, name) ? table[name] : undefined);
