import { z } from 'zod';
import type { ContextPins } from './pins.ts';

const patterns = z.array(z.string().min(1)).min(1);
const pairs = z.array(z.tuple([z.string().min(1), z.string().min(1)], { error: 'a pair of two modules or tables is expected' }));

const shape = z.strictObject({
  contexts: z.record(z.string().min(1), z.strictObject({ modules: patterns.optional(), tables: patterns.optional(), not: patterns.optional() })).optional(),
  shared: patterns.optional(),
  together: pairs.optional(),
  apart: pairs.optional(),
});

/** What is wrong with pins and where: `contexts.orders.modules`. */
export interface PinProblem {
  readonly where: string;
  readonly message: string;
}

export interface CheckedPins {
  readonly pins: ContextPins;
  /** Every problem at once; the pins count only when there is none. */
  readonly problems: readonly PinProblem[];
}

/**
 * Checks a value that claims to be pins: its shape, and what contradicts itself whatever the code looks like.
 * Pins that match nothing are no mistake: code moves on. They come back as `idlePins` of the analysis.
 */
export function checkPins(raw: unknown): CheckedPins {
  // An empty file, or one of comments only, pins nothing.
  const parsed = shape.safeParse(raw ?? {});
  if (!parsed.success) return { pins: {}, problems: parsed.error.issues.map(({ path, message }) => ({ where: path.map(String).join('.') || '(top)', message })) };
  const pins = parsed.data as ContextPins;
  return { pins, problems: [...emptyContexts(pins), ...claimedTwice(pins), ...wantedAndBanned(pins), ...torn(pins)] };
}

const emptyContexts = ({ contexts = {} }: ContextPins): PinProblem[] => Object.entries(contexts)
  .filter(([, { modules = [], tables = [] }]) => modules.length + tables.length === 0)
  .map(([name]) => ({ where: `contexts.${name}`, message: 'names neither modules nor tables, so which context it is cannot be told' }));

/** One pattern claimed by two contexts, or by a context and by `shared`. */
function claimedTwice({ contexts = {}, shared = [] }: ContextPins): PinProblem[] {
  const claims = [
    ...Object.entries(contexts).flatMap(([name, { modules = [], tables = [] }]) => [...modules, ...tables].map((item) => ({ item, where: `contexts.${name}` }))),
    ...shared.map((item) => ({ item, where: 'shared' })),
  ];
  const first = new Map<string, string>();
  return claims.flatMap(({ item, where }) => {
    const before = first.get(item) ?? where;
    first.set(item, before);
    return before === where ? [] : [{ where, message: `'${item}' is pinned by ${before} too` }];
  });
}

const wantedAndBanned = ({ contexts = {} }: ContextPins): PinProblem[] => Object.entries(contexts)
  .flatMap(([name, { modules = [], not = [] }]) => not.filter((item) => modules.includes(item)).map((item) => ({ where: `contexts.${name}.not`, message: `'${item}' is wanted and banned` })));

function torn({ together = [], apart = [] }: ContextPins): PinProblem[] {
  const key = ([a, b]: readonly [string, string]): string => [a, b].sort().join('\0');
  const joined = new Set(together.map(key));
  return apart.flatMap((pair, position): PinProblem[] => {
    const where = `apart.${String(position)}`;
    if (pair[0] === pair[1]) return [{ where, message: `'${pair[0]}' cannot be apart from itself` }];
    return joined.has(key(pair)) ? [{ where, message: `'${pair[0]}' and '${pair[1]}' are also in together` }] : [];
  });
}
