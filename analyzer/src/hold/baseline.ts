import { createHash } from 'node:crypto';
import { z } from 'zod';
import { compareText, type ModulePath } from '../model/evidence.ts';
import type { Module } from '../model/graph.ts';

/** Path → a digest of what the module declares, by which it is known again under another path. */
const modules = z.record(z.string().min(1), z.string());
const shape = z.strictObject({
  schemaVersion: z.literal(1),
  contexts: z.record(z.string().min(1), z.strictObject({ modules, tables: z.array(z.string().min(1)) })),
  shared: z.strictObject({ libraries: modules, wiring: modules }),
  crossings: z.record(z.string(), z.array(z.string())),
  unresolved: z.array(z.string()),
});

/** What a team agreed on at one time: who owns what, and which edges cross a boundary all the same. Committed and reviewed; written by us, read by both. */
export type Baseline = z.output<typeof shape>;

/** What is wrong with a baseline and where, or the baseline. */
export type ParsedBaseline = { readonly baseline: Baseline } | { readonly problems: readonly { readonly where: string; readonly message: string }[] };

/** Checks a value that claims to be a baseline: its shape, and that nothing has two owners (a merge of two branches can do that). */
export function parseBaseline(raw: unknown): ParsedBaseline {
  const parsed = shape.safeParse(raw);
  if (!parsed.success) return { problems: parsed.error.issues.map(({ path, message }) => ({ where: path.map(String).join('.') || '(top)', message })) };
  const problems = ownedTwice(parsed.data);
  return problems.length > 0 ? { problems } : { baseline: parsed.data };
}

function ownedTwice({ contexts, shared }: Baseline): { where: string; message: string }[] {
  const owner = new Map<string, string>();
  const claims = [
    ...Object.entries(contexts).flatMap(([name, its]) => [...Object.keys(its.modules), ...its.tables.map((table) => `table ${table}`)].map((item) => ({ item, where: `contexts.${name}` }))),
    ...Object.entries(shared).flatMap(([part, its]) => Object.keys(its).map((item) => ({ item, where: `shared.${part}` }))),
  ];
  return claims.flatMap(({ item, where }) => {
    const before = owner.get(item);
    owner.set(item, before ?? where);
    return before === undefined ? [] : [{ where, message: `'${item}' is in ${before} too` }];
  });
}

/** One entry a line and sorted, so that a change of it reads as a diff and merges line by line. */
export const printBaseline = (baseline: Baseline): string => `${JSON.stringify(baseline, null, 1)}\n`;

/** Digest of the identifiers a module declares; empty for a module that declares none, which nothing can tell from another. */
export const declares = ({ symbols }: Pick<Module, 'symbols'>): string => symbols.length === 0 ? '' : createHash('sha256').update(symbols.join('\n')).digest('hex').slice(0, 12);

/** Modules as a baseline lists them. */
export const digests = (paths: Iterable<ModulePath>, byPath: ReadonlyMap<ModulePath, Module>): Record<ModulePath, string> => Object.fromEntries([...paths].sort(compareText)
  .map((path) => [path, declares(byPath.get(path) ?? { symbols: [] })]));
