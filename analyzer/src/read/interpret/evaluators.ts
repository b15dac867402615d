import { isModuleExports } from '../link/program.ts';
import type { CallExpr, Expr, FileFacts } from '../parse/facts.ts';
import { construct, memberOf } from './members.ts';
import { HOLE, UNKNOWN, each, join, text, texts, type Frame, type Run, type Value } from './values.ts';

/** What evaluating an expression needs of the interpreter. */
export interface Machine extends Run {
  call: (expr: CallExpr, frame: Frame) => Value;
  lookup: (name: string, frame: Frame) => Value;
  assign: (target: Expr, value: Value, frame: Frame) => void;
  closure: (frame: Frame, index: number) => Value;
  module: (file: FileFacts) => { readonly exports: Value; readonly whole?: Value };
}

/** The value of one expression: a rule for each kind. */
export const evaluateWith = (run: Machine, expr: Expr, frame: Frame): Value => (EVALUATORS[expr.kind] as (expr: Expr, frame: Frame, run: Machine) => Value)(expr, frame, run);

type Evaluator<K extends Expr['kind']> = (expr: Extract<Expr, { kind: K }>, frame: Frame, run: Machine) => Value;

const EVALUATORS: { readonly [K in Expr['kind']]: Evaluator<K> } = {
  text: (expr, frame) => text(expr.value, { file: frame.file.path, line: expr.line }),
  literal: (expr) => ({ kind: 'constant', value: expr.value }),
  template: (expr, frame, run) => concat(expr.texts.flatMap((part, position) => {
    const hole = expr.holes[position];
    const written = text(part, { file: frame.file.path, line: expr.line });
    return hole === undefined ? [written] : [written, run.evaluate(hole, frame)];
  })),
  name: (expr, frame, run) => (expr.name === 'undefined' ? UNKNOWN : expr.name === 'module' || expr.name === 'exports' ? run.module(frame.file).exports : run.lookup(expr.name, frame)),
  this: (_, frame) => selfOf(frame) ?? UNKNOWN,
  super: (_, frame, run) => construct.parent(frame, run),
  member: (expr, frame, run) => (isModuleExports(expr) ? run.module(frame.file).whole ?? run.module(frame.file).exports : join(each(run.evaluate(expr.of, frame)).map((of) => memberOf(of, expr.name, run)))),
  index: (expr, frame, run) => {
    const of = run.evaluate(expr.of, frame);
    const by = each(run.evaluate(expr.by, frame)).flatMap((one) => (one.kind === 'constant' ? [String(one.value)] : texts(one))).filter((one) => !one.includes(HOLE));
    return by.length === 0 ? join(itemsOf(of, false)) : join(by.map((name) => memberOf(of, name, run)));
  },
  call: (expr, frame, run) => run.call(expr, frame),
  object: (expr, frame, run) => {
    const properties = new Map<string, Value>();
    for (const of of expr.spreads) for (const one of each(run.evaluate(of, frame))) if (one.kind === 'object') for (const [key, value] of one.properties) properties.set(key, value);
    for (const { name, computed, value } of expr.properties) {
      const made = run.evaluate(value, frame);
      for (const key of name === undefined ? texts(computed === undefined ? UNKNOWN : run.evaluate(computed, frame)) : [name]) properties.set(key, made);
    }
    return { kind: 'object', properties };
  },
  array: (expr, frame, run) => ({ kind: 'list', items: expr.items.flatMap((item) => (item.kind === 'spread' ? spread(run.evaluate(item.of, frame)) : [run.evaluate(item, frame)])) }),
  spread: (expr, frame, run) => run.evaluate(expr.of, frame),
  function: (expr, frame, run) => run.closure(frame, expr.index),
  class: (expr, frame) => ({ kind: 'class', file: frame.file, index: expr.index, scope: frame, statics: new Map() }),
  either: (expr, frame, run) => join(expr.of.map((one) => run.evaluate(one, frame))),
  concat: (expr, frame, run) => concat(expr.of.map((one) => run.evaluate(one, frame))),
  assign: (expr, frame, run) => {
    const value = run.evaluate(expr.value, frame);
    run.assign(expr.target, value, frame);
    return value;
  },
  cast: (expr, frame, run) => run.evaluate(expr.of, frame),
  await: (expr, frame, run) => run.evaluate(expr.of, frame),
  other: (expr, frame, run) => {
    for (const one of expr.of) run.evaluate(one, frame);
    return UNKNOWN;
  },
};

const selfOf = (frame: Frame): Value | undefined => frame.self ?? (frame.file.functions[frame.index]?.arrow === true && frame.parent !== undefined ? selfOf(frame.parent) : undefined);

export const spread = (value: Value): readonly Value[] => (value.kind === 'list' ? value.items : [value]);

/** What iterating over a value gives. */
export const itemsOf = (value: Value, keys: boolean): Value[] => {
  if (value.kind === 'list') return keys ? value.items.map((_, position) => text(String(position))) : [...value.items];
  if (value.kind !== 'object') return [];
  return keys ? [...value.properties.keys()].map((key) => text(key)) : [...value.properties.values()];
};

/** Joins texts; what is not one text becomes a hole; a few alternatives are multiplied out. */
const concat = (parts: readonly Value[]): Value => {
  const at = parts.findLast((part) => part.kind === 'text' && part.at !== undefined);
  let known: string[] = [''];
  for (const part of parts) {
    const options = part.kind === 'constant' ? [String(part.value)] : texts(part);
    const use = options.length === 0 || options.length * known.length > 32 ? [HOLE] : options;
    known = known.flatMap((before) => use.map((after) => before + after));
  }
  return join(known.map((one) => text(one, at?.kind === 'text' ? at.at : undefined)));
};
