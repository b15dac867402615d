import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallEdge } from '../src/index.ts';
import { readSystem } from '../src/read/read-system.ts';
import type { FileFacts } from '../src/read/parse/facts.ts';
import { parseTypeScript } from '../src/read/parse/typescript.ts';
import { Checker, type CheckedCall } from './calls/checker.ts';
import { row, type Corpus, type Row, type Suite } from './suite.ts';

interface CheckedSystem { readonly name: string; readonly source: string; readonly directory: string; readonly root: string }

/** None of them but the first was looked at while the call reader was written. */
const SYSTEMS: readonly CheckedSystem[] = [
  { name: 'Unleash', source: 'Unleash/unleash ceeb5a9ca6d0beb0cabf041d6a27ffd2d6501859', directory: 'unleash', root: 'src/lib' },
  { name: 'hoppscotch', source: 'hoppscotch/hoppscotch afc2cf181c16e56647b099e5d18cfe55710c6cdd', directory: 'hoppscotch', root: 'packages/hoppscotch-backend/src' },
  { name: 'overseerr', source: 'sct/overseerr 46a9b244efd81e0e70a16a851252114bc2d3c2ca', directory: 'overseerr', root: 'server' },
  { name: 'central', source: 'getodk/central-backend 4f5943d13dd775fcecd2e21f9b8957db885d1ca3', directory: 'central', root: 'lib' },
  { name: 'storage', source: 'supabase/storage 4fa61fba9371c4bd40cbb81509f07bcb3af21683', directory: 'storage', root: 'src' },
  { name: 'ghostfolio', source: 'ghostfolio/ghostfolio c542997d27990365b607c7a6c9fe4bc8835a55c8', directory: 'ghostfolio', root: 'apps/api/src' },
  { name: 'bigcapital', source: 'bigcapitalhq/bigcapital af80afcf598377d50c819661fa7ae56e19893d2e', directory: 'bigcapital', root: 'packages/server/src' },
  { name: 'flowise', source: 'FlowiseAI/Flowise ababf4c8ebc0263e03aeeb917832251d3fd785e4', directory: 'flowise', root: 'packages/server/src' },
];

/**
 * Calls between files against TypeScript's own type checker, without the systems' packages. One row is one pair of functions.
 * Recall: of the pairs the checker sees, those we have; a call on an interface counts when we give one of its implementations, and is left out where the project has none.
 * Precision: of our pairs, those the checker agrees with or could; it contradicts one where every call of that name in that function is known to it and leads elsewhere.
 * Where the checker sees only `any`, or a value of a function type whatever it holds, our pair is counted apart (`unseen`): it can neither be confirmed nor refuted by it.
 * Decorators are left out on both sides: they run at load.
 */
export const suite: Suite = {
  name: 'calls',
  rows: async (corpus) => {
    const rows: Row[] = [];
    const all: Counts = { wanted: 0, found: 0, ours: 0, refuted: 0, unseen: 0, modules: 0, modulesFound: 0 };
    for (const system of SYSTEMS) {
      const counts = await compareSystem(system, corpus);
      if (counts === undefined) continue;
      for (const key of Object.keys(all) as (keyof Counts)[]) all[key] += counts[key];
      rows.push(...rowsOf(system.name, counts));
    }
    return all.wanted === 0 ? rows : [...rows, ...rowsOf('all', all)];
  },
};

type Counts = Record<'wanted' | 'found' | 'ours' | 'refuted' | 'unseen' | 'modules' | 'modulesFound', number>;

const rowsOf = (name: string, { wanted, found, ours, refuted, unseen, modules, modulesFound }: Counts): Row[] => [
  row(`${name}: recall of ${String(wanted)} calls between files`, found / wanted, { atLeast: 0.95 }),
  row(`${name}: recall of ${String(modules)} pairs of modules`, modulesFound / modules, { atLeast: 0.95 }),
  row(`${name}: precision of ${String(ours)}`, (ours - refuted) / ours, { atLeast: 0.97 }),
  row(`${name}: ours, where the checker sees any or a value`, unseen, {}),
];

async function compareSystem(system: CheckedSystem, corpus: Corpus): Promise<Counts | undefined> {
  const root = corpus.find(system);
  if (root === undefined) return undefined;
  const model = await readSystem(root, { history: false });
  const facts = new Map<string, FileFacts>(model.modules.filter(({ kind }) => kind !== 'test').map(({ path }) => [path, parseTypeScript(path, readFileSync(join(root, path), 'utf8'))]));
  const checker = new Checker(root, facts);
  const checked = model.modules.filter(({ kind }) => kind === 'source').flatMap(({ path }) => checker.calls(path));
  const isProduct = (one: string): boolean => facts.has(moduleOf(one));
  return compare(system.name, model.calls.filter(({ kind, to }) => kind !== 'pass' && kind !== 'event' && isProduct(keyOf(to))), checked);
}

const keyOf = ({ module, name }: CallEdge['from']): string => `${module}#${name}`;
const moduleOf = (key: string): string => key.slice(0, key.indexOf('#'));
const nameOf = (key: string): string => key.slice(key.indexOf('#') + 1).split('.').at(-1) ?? '';

function compare(name: string, edges: readonly CallEdge[], checked: readonly CheckedCall[]): Counts {
  const ours = new Map<string, Set<string>>();
  for (const { from, to } of edges) ours.set(keyOf(from), (ours.get(keyOf(from)) ?? new Set()).add(keyOf(to)));
  const sites = new Map<string, CheckedCall[]>();
  for (const call of checked) sites.set(call.from, [...(sites.get(call.from) ?? []), call]);
  return { ...recalled(name, ours, checked), ...precise(name, edges, sites) };
}

function recalled(name: string, ours: ReadonlyMap<string, ReadonlySet<string>>, checked: readonly CheckedCall[]): Pick<Counts, 'wanted' | 'found' | 'modules' | 'modulesFound'> {
  const wanted = new Map<string, CheckedCall>();
  for (const call of checked) {
    const isAcross = call.to.length > 0 && !call.to.some((to) => moduleOf(to) === call.file);
    if (isAcross) wanted.set(`${call.from} > ${[...call.to].sort().join(' | ')}`, call);
  }
  const has = ({ from, to }: CheckedCall): boolean => to.some((one) => ours.get(from)?.has(one) === true);
  const missed = [...wanted.values()].filter((call) => !has(call));
  for (const [form, calls] of byForm(missed)) console.error(`  ${name}: ${String(calls.length)} missed, ${form}: ${calls.slice(0, SHOWN).map(({ file, line, name: called, to }) => `${file}:${String(line)} ${called} → ${to[0] ?? ''}`).join('; ')}`);
  const pairs = (calls: readonly CheckedCall[]): Set<string> => new Set(calls.map(({ file, to }) => `${file} > ${moduleOf(to[0] ?? '')}`));
  const modulesWanted = pairs([...wanted.values()].filter(({ sees }) => sees === 'known'));
  const ourModules = new Set([...ours].flatMap(([from, tos]) => [...tos].map((to) => `${moduleOf(from)} > ${moduleOf(to)}`)));
  return { wanted: wanted.size, found: wanted.size - missed.length, modules: modulesWanted.size, modulesFound: [...modulesWanted].filter((pair) => ourModules.has(pair)).length };
}

const SHOWN = Number(process.env['CALLS_SHOWN'] ?? 3);

const byForm = (calls: readonly CheckedCall[]): [string, CheckedCall[]][] => {
  const found = new Map<string, CheckedCall[]>();
  for (const call of calls) found.set(`${call.form} ${call.sees}`, [...(found.get(`${call.form} ${call.sees}`) ?? []), call]);
  return [...found].sort(([, a], [, b]) => b.length - a.length);
};

function precise(name: string, edges: readonly CallEdge[], sites: ReadonlyMap<string, readonly CheckedCall[]>): Pick<Counts, 'ours' | 'refuted' | 'unseen'> {
  const across = edges.filter(({ from, to }) => from.module !== to.module);
  const judged = across.map((edge) => ({ edge, verdict: verdictOf(edge, sites.get(keyOf(edge.from)) ?? []) }));
  const refuted = judged.filter(({ verdict }) => verdict === 'refuted');
  const unseen = judged.filter(({ verdict }) => verdict === 'unseen').length;
  if (refuted.length > 0) console.error(`  ${name}: ${String(refuted.length)} refuted: ${refuted.slice(0, 2 * SHOWN).map(({ edge: { to, evidence } }) => `${evidence.file}:${String(evidence.line)} → ${keyOf(to)}`).join('; ')}`);
  return { ours: across.length - unseen, refuted: refuted.length, unseen };
}

const verdictOf = ({ to }: CallEdge, sites: readonly CheckedCall[]): 'agreed' | 'refuted' | 'unseen' => {
  const key = keyOf(to);
  if (sites.some((site) => site.to.includes(key))) return 'agreed';
  const named = sites.filter((site) => site.name === nameOf(key));
  const isOpen = ({ sees }: CheckedCall): boolean => sees === 'blind' || sees === 'value';
  return named.some(isOpen) || (named.length === 0 && sites.some(isOpen)) ? 'unseen' : 'refuted';
};
