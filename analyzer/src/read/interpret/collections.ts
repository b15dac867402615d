import { HOLE, UNKNOWN, append, each, join, text, texts, type FunctionValue, type ObjectValue, type Run, type Value } from './values.ts';

export type Builtin = (receiver: Value, args: readonly Value[], run: Run) => Value | undefined;

type ListValue = Extract<Value, { kind: 'list' }>;

export const callback = (args: readonly Value[]): FunctionValue | undefined => args.flatMap(each).find((arg): arg is FunctionValue => arg.kind === 'function');

const onList = (does: (list: ListValue, args: readonly Value[], run: Run) => Value | undefined): Builtin => (receiver, args, run) => (receiver.kind === 'list' ? does(receiver, args, run) : undefined);

const MOST_RUNS = 300;

/** Calls back for every item of a list, or for every value and key of a Map. */
const overItems = (collect: boolean): Builtin => (receiver, args, run) => {
  const called = callback(args);
  const pairs = pairsOf(receiver);
  if (pairs === undefined || called === undefined) return undefined;
  const results = pairs.slice(0, MOST_RUNS).map((pair) => run.invoke(called, pair, called.self));
  return collect ? { kind: 'list', items: results } : UNKNOWN;
};

const pairsOf = (value: Value): (readonly [Value, Value])[] | undefined => {
  if (value.kind === 'list') return value.items.map((item, position) => [item, { kind: 'constant', value: position }]);
  return value.kind === 'object' && value.of === undefined ? [...value.properties].map(([key, one]) => [one, text(key)]) : undefined;
};

const reduce: Builtin = (receiver, args, run) => {
  const called = callback(args);
  if (receiver.kind !== 'list' || called === undefined) return undefined;
  return receiver.items.slice(0, MOST_RUNS).reduce((before, item) => known(run.invoke(called, [before, item], called.self), before), args[1] ?? receiver.items[0] ?? UNKNOWN);
};

const known = (value: Value, otherwise: Value): Value => (value.kind === 'unknown' ? otherwise : value);

const list = (items: readonly Value[]): Value => ({ kind: 'list', items: [...items] });

const constants = (args: readonly Value[]): number[] | undefined => {
  const found = args.flatMap((arg) => (arg.kind === 'constant' ? [Number(arg.value)] : []));
  return found.length === args.length ? found : undefined;
};

const flatten = (value: Value): readonly Value[] => (value.kind === 'list' ? value.items : [value]);

/** `if (!films.has(key)) films.set(key, [])`: what was begun before goes on. */
const kept = (before: Value | undefined, value: Value): Value => (before === undefined ? value : isEmpty(value) ? before : join([before, value]));

const isEmpty = (value: Value): boolean => (value.kind === 'list' && value.items.length === 0) || (value.kind === 'object' && value.of === undefined && value.properties.size === 0);

/** A Map is kept as a plain object: keys that are texts are all that matters here. */
const isMap = (value: Value): value is ObjectValue => value.kind === 'object' && value.of === undefined;

const onMap = (does: (map: ObjectValue, keys: readonly string[], args: readonly Value[]) => Value | undefined): Builtin => (receiver, args) => (isMap(receiver) ? does(receiver, texts(args[0] ?? UNKNOWN).filter((key) => !key.includes(HOLE)), args) : undefined);

/** What lists and Maps do by themselves. */
export const COLLECTIONS: Readonly<Record<string, Builtin>> = {
  forEach: overItems(false), map: overItems(true), flatMap: overItems(true), reduce,
  push: onList((of, args) => { append(of, args); return UNKNOWN; }), unshift: onList((of, args) => { append(of, args, true); return UNKNOWN; }), add: onList((of, args) => { append(of, args); return of; }),
  at: onList((of, args) => { const [position] = constants(args) ?? []; return position === undefined ? undefined : of.items.at(position); }),
  slice: onList((of, args) => { const span = constants(args); return span === undefined ? undefined : list(of.items.slice(...span)); }),
  pop: onList((of) => of.items.at(-1)), shift: onList((of) => of.items[0]),
  filter: onList((of) => list(of.items)), sort: onList((of) => of), toSorted: onList((of) => list(of.items)), reverse: onList((of) => of),
  find: onList((of) => join(of.items)), values: (receiver) => (receiver.kind === 'list' ? receiver : isMap(receiver) ? list([...receiver.properties.values()]) : undefined),
  flat: onList((of) => list(of.items.flatMap(flatten))), concat: onList((of, args) => list([...of.items, ...args.flatMap(flatten)])),
  join: onList((of, args) => text(of.items.map((item) => texts(item)[0] ?? HOLE).join(texts(args[0] ?? UNKNOWN)[0] ?? ','))),
  set: onMap((map, keys, args) => {
    for (const key of keys) map.properties.set(key, kept(map.properties.get(key), args[1] ?? UNKNOWN));
    return keys.length === 0 ? undefined : map;
  }),
  get: onMap((map, keys) => (keys.length === 0 ? undefined : join(keys.map((key) => map.properties.get(key) ?? UNKNOWN)))),
  entries: onMap((map) => list([...map.properties].map(([key, value]) => list([text(key), value])))), keys: onMap((map) => list([...map.properties.keys()].map((key) => text(key)))),
};

const ofObject = (pick: (key: string, value: Value) => Value): Builtin => (_, args) =>
  list(args.slice(0, 1).flatMap(each).flatMap((one) => (one.kind === 'object' ? [...one.properties].map(([key, value]) => pick(key, value)) : one.kind === 'list' ? one.items.map((item, position) => pick(String(position), item)) : [])));

export const assignAll = (args: readonly Value[]): Value => {
  const [target, ...sources] = args;
  if (target?.kind !== 'object' && target?.kind !== 'function') return join(args);
  for (const source of sources) if (source.kind === 'object') for (const [key, value] of source.properties) target.properties.set(key, value);
  return target;
};

const fromEntries = (args: readonly Value[]): Value => {
  const properties = new Map<string, Value>();
  for (const entry of args.slice(0, 1).flatMap(each).flatMap(flatten)) {
    const [key = UNKNOWN, value = UNKNOWN] = flatten(entry);
    for (const name of texts(key)) properties.set(name, value);
  }
  return { kind: 'object', properties };
};

const copied: Builtin = (_, args, run) => {
  const items = list(args.slice(0, 1).flatMap(each).flatMap((one) => (one.kind === 'list' ? one.items : [])));
  return args.length > 1 ? overItems(true)(items, args.slice(1), run) : items;
};

const first: Builtin = (_, args) => args[0] ?? UNKNOWN;

/** The same as functions: `Object.keys(x)`, `new Map()`, `Promise.all(list)`. */
export const COLLECTION_FUNCTIONS: Readonly<Record<string, Builtin>> = {
  'Object.keys': ofObject((key) => text(key)), 'Object.values': ofObject((_, value) => value), 'Object.entries': ofObject((key, value) => list([text(key), value])),
  'Object.assign': (_, args) => assignAll(args), 'Object.freeze': first, 'Object.seal': first, 'Object.fromEntries': (_, args) => fromEntries(args),
  'Promise.resolve': first, 'Promise.all': first, 'Promise.allSettled': first, 'Array.from': copied, 'Array.isArray': () => undefined,
  Map: (_, args) => fromEntries(args), Set: copied, Array: (_, args) => list(args.every(({ kind }) => kind !== 'constant') ? args : []),
};

/** Of lodash and its like: those that hand a list on, and those that call back for each item. */
export const LIST_HELPERS: Readonly<Record<string, Builtin>> = {
  ...Object.fromEntries(['sortBy', 'orderBy', 'uniq', 'uniqBy', 'compact', 'values', 'filter', 'reject', 'castArray', 'toArray', 'reverse'].map((name): [string, Builtin] => [name, (_, args) => handedOn(args[0] ?? UNKNOWN, name)])),
  flatten: (_, args) => list(args.slice(0, 1).flatMap(flatten).flatMap(flatten)), keys: ofObject((key) => text(key)),
  ...Object.fromEntries(['each', 'forEach', 'forOwn', 'forIn'].map((name): [string, Builtin] => [name, (_, args, run) => overItems(false)(args[0] ?? UNKNOWN, args.slice(1), run)])),
  map: (_, args, run) => overItems(true)(args[0] ?? UNKNOWN, args.slice(1), run), extend: (_, args) => assignAll(args), assign: (_, args) => assignAll(args),
};

const handedOn = (given: Value, name: string): Value | undefined => {
  const value = each(given).find(({ kind }) => kind === 'list') ?? given;
  if (value.kind === 'list') return list(value.items);
  return name === 'values' && value.kind === 'object' ? list([...value.properties.values()]) : name === 'castArray' ? list([value]) : undefined;
};
