import { COLLECTION_FUNCTIONS, COLLECTIONS, LIST_HELPERS, assignAll, callback, type Builtin } from './collections.ts';
import { callPaths } from './paths.ts';
import { HOLE, UNKNOWN, text, texts, type Run, type Value } from './values.ts';

const onText = (change: (value: string, args: readonly string[]) => string | Value | undefined): Builtin => (receiver, args) => {
  if (receiver.kind !== 'text') return undefined;
  const changed = change(receiver.text, args.flatMap((arg) => (arg.kind === 'constant' ? [String(arg.value)] : texts(arg).slice(0, 1))));
  return typeof changed === 'string' ? text(changed, receiver.at) : changed;
};

/** Runs what `.then(f)` would run: the promise's value is what the receiver is known to be. */
const then: Builtin = (receiver, args, run) => {
  const called = callback(args);
  return called === undefined ? undefined : run.invoke(called, [receiver], called.self);
};

/** The pattern of a literal, as its text stands in the source; undefined for a plain text and for patterns that might run long. */
const patternOf = (source: string, all = false): RegExp | undefined => {
  const [, body, flags = ''] = /^\/(.{1,80})\/([gimsuy]*)$/s.exec(source) ?? [];
  if (body === undefined || /[+*}]\)+[+*{]/.test(body)) return undefined;
  try {
    return new RegExp(body, all && !flags.includes('g') ? `${flags}g` : flags);
  } catch {
    return undefined;
  }
};

const replace = (value: string, [from, to]: readonly string[]): string => {
  if (from === undefined || to === undefined || value.length > 500) return value;
  const pattern = patternOf(from);
  return pattern === undefined ? value.replace(from, () => to) : value.replace(pattern, to);
};

const split = (value: string, [by]: readonly string[]): Value | undefined => {
  if (by === undefined || value.length > 500) return undefined;
  return { kind: 'list', items: value.split(patternOf(by) ?? by).map((part) => text(part)) };
};

const BUILTINS: Readonly<Record<string, Builtin>> = {
  bind: (receiver, args) => (receiver.kind === 'function' ? { ...receiver, ...(args[0] === undefined ? {} : { self: args[0] }) } : undefined),
  call: (receiver, args, run) => (receiver.kind === 'function' ? run.invoke(receiver, args.slice(1), args[0]) : undefined),
  apply: (receiver, args, run) => (receiver.kind === 'function' ? run.invoke(receiver, args[1]?.kind === 'list' ? args[1].items : [], args[0]) : undefined),
  ...COLLECTIONS,
  concat: (receiver, args, run) => (receiver.kind === 'text' ? text([receiver, ...args].map((arg) => texts(arg)[0] ?? HOLE).join('')) : COLLECTIONS['concat']?.(receiver, args, run)),
  slice: (receiver, args, run) => onText((value, span) => value.slice(...span.map(Number)))(receiver, args, run) ?? COLLECTIONS['slice']?.(receiver, args, run),
  toLowerCase: onText((value) => value.toLowerCase()), toUpperCase: onText((value) => value.toUpperCase()), toString: onText((value) => value), trim: onText((value) => value.trim()),
  replace: onText(replace), replaceAll: onText((value, [from, to]) => (from === undefined || to === undefined ? value : value.replaceAll(patternOf(from, true) ?? from, to))), split: onText(split),
  then, finally: then,
  assign: (receiver, args) => (receiver.kind === 'external' && receiver.path === 'Object' ? assignAll(args) : undefined),
  freeze: (_, args) => args[0], seal: (_, args) => args[0],
};

const GLOBALS: Readonly<Record<string, Builtin>> = {
  ...COLLECTION_FUNCTIONS, String: (_, args) => args[0] ?? UNKNOWN, 'String.raw': (_, args) => args[0] ?? UNKNOWN, 'process.cwd': () => callPaths('process', 'cwd', [], undefined),
};

/** What the language's own functions do with known values; undefined for all others. */
export const callBuiltin = (receiver: Value, name: string, args: readonly Value[], run: Run): Value | undefined => {
  if (receiver.kind === 'external' && receiver.module === 'global') return own(GLOBALS, name.includes('.') ? name : receiver.path === name ? name : `${receiver.path}.${name}`)?.(receiver, args, run);
  return own(BUILTINS, name)?.(receiver, args, run);
};

/** Well-known functions of packages that only pass values on. */
export const callPackage = (module: string, path: string, args: readonly Value[], run: Run): Value | undefined => {
  const name = path.split('.').at(-1) ?? '';
  if (/^(?:lodash|underscore|es-toolkit|remeda|radash)/.test(module)) return own(LIST_HELPERS, name === '' ? module.split(/[./]/).at(-1) ?? '' : name)?.(UNKNOWN, args, run);
  return callPaths(module.replace(/^node:/, ''), name, args, run);
};

const own = (table: Readonly<Record<string, Builtin>>, name: string): Builtin | undefined => (Object.hasOwn(table, name) ? table[name] : undefined);
