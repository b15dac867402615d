import { bodyTexts, canonical, isArray, isObject, parseJson, type Json, type JsonObject } from './json.ts';
import { isPermutation, matchUnordered } from './multiset.ts';
import type { Answered, Observation } from './observation.ts';
import { Place } from './place.ts';
import type { Rules } from './rules.ts';

export type DifferenceKind = 'missing' | 'extra' | 'type' | 'value' | 'length' | 'order';

/** One leaf that differs. */
export interface Difference {
  /** `status`, `header:name`, or `body:` and a JSON Pointer. */
  readonly path: string;
  /** The same with array indices as `*`: what tallies are kept by. */
  readonly pattern: string;
  /** `missing`: the candidate lacks it; `extra`: only the candidate has it. */
  readonly kind: DifferenceKind;
  readonly control?: Json;
  readonly candidate?: Json;
}

/**
 * What differs between the control's answer and the candidate's, sorted by path. Bodies are compared as bytes first and parsed only when those
 * differ. Pure: `difference(a, a)` is empty and `difference(b, a)` is its mirror image. Of many leaves that differ the first
 * hundred per pattern are named, and two thousand in all.
 */
export function difference(control: Observation, candidate: Observation, rules: Rules): Difference[] {
  if (control.kind === 'unanswered' || candidate.kind === 'unanswered') return unanswered(control, candidate);
  const found = [
    ...values(Place.root('status'), control.status, candidate.status, rules),
    ...headers(control.headers, candidate.headers, rules),
    ...(control.body.equals(candidate.body) ? [] : bodies(control, candidate, rules)),
  ];
  return found.sort((a, b) => order(a.path, b.path) || order(a.kind, b.kind) || order(key(a), key(b)));
}

/** The same seen from the other side. */
export function mirrored({ path, pattern, kind, control, candidate }: Difference): Difference {
  const turned: DifferenceKind = kind === 'missing' ? 'extra' : kind === 'extra' ? 'missing' : kind;
  return { path, pattern, kind: turned, ...(candidate === undefined ? {} : { control: candidate }), ...(control === undefined ? {} : { candidate: control }) };
}

function unanswered(control: Observation, candidate: Observation): Difference[] {
  if (control.kind === 'unanswered') return candidate.kind === 'unanswered' ? [] : [{ path: 'status', pattern: 'status', kind: 'extra', candidate: candidate.status }];
  return [{ path: 'status', pattern: 'status', kind: 'missing', control: control.status }];
}

function headers(control: Answered['headers'], candidate: Answered['headers'], rules: Rules): Difference[] {
  const names = [...new Set([...Object.keys(control), ...Object.keys(candidate)])];
  return names.flatMap((name) => values(Place.root('header', name), control[name], candidate[name], rules));
}

function bodies(control: Answered, candidate: Answered, rules: Rules): Difference[] {
  const [left, right] = bodyTexts(control.body, candidate.body);
  const [a, b] = [parseJson(left), parseJson(right)];
  if (a === undefined || b === undefined) return values(Place.root('body'), left, right, rules);
  return values(Place.root('body'), a, b, rules);
}

function values(at: Place, a: Json | undefined, b: Json | undefined, rules: Rules): Difference[] {
  if (a === b || rules.ignores(at)) return [];
  return a === undefined || b === undefined ? differs(at, a === undefined ? 'extra' : 'missing', a, b) : present(at, a, b, rules);
}

function present(at: Place, a: Json, b: Json, rules: Rules): Difference[] {
  if (isArray(a) && isArray(b)) return rules.unordered(at) ? multisets(at, a, b, rules) : arrays(at, a, b, rules);
  return isObject(a) && isObject(b) ? objects(at, a, b, rules) : scalars(at, a, b, rules);
}

function objects(at: Place, a: JsonObject, b: JsonObject, rules: Rules): Difference[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => values(at.inside(name), own(a, name), own(b, name), rules));
}

function scalars(at: Place, a: Json, b: Json, rules: Rules): Difference[] {
  if (typeof a !== typeof b || a === null || b === null || isArray(a) || isArray(b)) return differs(at, 'type', a, b);
  return close(a, b, rules.tolerance(at)) ? [] : differs(at, 'value', a, b);
}

/** PostgreSQL's numeric arrives as text, so a tolerance also holds for two decimal strings. */
function close(a: Json, b: Json, tolerance: number): boolean {
  if (tolerance === 0) return false;
  const [left, right] = [asNumber(a), asNumber(b)];
  return Math.abs(left - right) <= tolerance * (1 + 1e-9);
}

const asNumber = (value: Json): number => typeof value === 'number' ? value : typeof value === 'string' && /^-?\d+(\.\d+)?n?$/.test(value) ? Number.parseFloat(value) : Number.NaN;

function arrays(at: Place, a: readonly Json[], b: readonly Json[], rules: Rules): Difference[] {
  const pairs = Array.from({ length: Math.min(a.length, b.length) }, (_, i) => a[i] === b[i] ? [] : values(at.index(i), a[i], b[i], rules)).flat();
  if (a.length !== b.length) return [...differs(at, 'length', a.length, b.length), ...pairs];
  return pairs.length > 0 && isPermutation(a, b, canonical) ? differs(at, 'order', a, b) : pairs;
}

/** Whether nothing differs, found out without writing down what does: the question is asked for every pair of an unordered array. */
function same(at: Place, a: Json | undefined, b: Json | undefined, rules: Rules): boolean {
  if (a === b || rules.ignores(at)) return true;
  if (a === undefined || b === undefined) return false;
  if (isArray(a) && isArray(b)) return sameArrays(at, a, b, rules);
  return isObject(a) && isObject(b) ? sameObjects(at, a, b, rules) : typeof a === typeof b && close(a, b, rules.tolerance(at));
}

const sameArrays = (at: Place, a: readonly Json[], b: readonly Json[], rules: Rules): boolean => a.length === b.length
  && (rules.unordered(at) ? multisets(at, a, b, rules).length === 0 : a.every((each, i) => same(at.index(i), each, b[i], rules)));

const sameObjects = (at: Place, a: JsonObject, b: JsonObject, rules: Rules): boolean =>
  Object.keys(a).every((name) => same(at.inside(name), own(a, name), own(b, name), rules))
  && Object.keys(b).every((name) => Object.hasOwn(a, name) || same(at.inside(name), undefined, own(b, name), rules));

/** Elements that find no equal are paired in canonical order and compared under the path `*`: an index would mean nothing. */
function multisets(at: Place, a: readonly Json[], b: readonly Json[], rules: Rules): Difference[] {
  const any = at.any();
  const { left, right } = matchUnordered(a, b, canonical, (x, y) => same(any, x, y, rules));
  const pairs = Array.from({ length: Math.min(left.length, right.length) }, (_, i) => values(any, left[i], right[i], rules)).flat();
  return a.length === b.length ? pairs : [...differs(at, 'length', a.length, b.length), ...pairs];
}

const own = (value: JsonObject, name: string): Json | undefined => Object.hasOwn(value, name) ? value[name] : undefined;

const differs = (at: Place, kind: DifferenceKind, control: Json | undefined, candidate: Json | undefined): Difference[] => at.admits()
  ? [{ ...at.print(), kind, ...(control === undefined ? {} : { control }), ...(candidate === undefined ? {} : { candidate }) }] : [];

const order = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;

/** Side-free, so that a mirrored list sorts the same way. */
const key = ({ control, candidate }: Difference): string => [control, candidate].map((value) => value === undefined ? '' : canonical(value)).sort().join('\0');
