import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Constraints } from '../cluster/pins.ts';
import type { Placement } from '../cluster/place.ts';
import { singular, stem, words } from '../cluster/words.ts';
import { isTable, plain } from './reasons.ts';

export interface Nameless {
  readonly modules: readonly ModulePath[];
  readonly tables: readonly string[];
}

/**
 * A name for each context from the words of its tables, folders and files: the word that is most its own: covered by many of its members (squared, for a name must fit them), used little elsewhere (its root, for the heart of a system is spoken of everywhere).
 * Unique, plurals aside: where two contexts would share a name, the second word is added. Pinned names win.
 * @returns names in the order of the contexts.
 */
export function nameContexts(vocabulary: Vocabulary, contexts: readonly Nameless[], pinned: ReadonlyMap<number, string>): string[] {
  const bags = contexts.map((context) => weigh(context, vocabulary));
  const overall = new Map<string, number>();
  for (const bag of bags) for (const [word, weight] of bag) overall.set(word, (overall.get(word) ?? 0) + weight);
  const taken = new Set(['monolith', 'shared', ...pinned.values()].map(singular));
  return contexts.map((context, i) => {
    const own = pinned.get(i);
    if (own !== undefined) return own;
    const ranked = [...bags[i] ?? []].map(([word, weight]) => ({ word, score: (weight / (context.modules.length + context.tables.length)) ** 2 * Math.sqrt(weight / (overall.get(word) ?? 1)) }))
      .sort((a, b) => b.score - a.score || compareText(a.word, b.word)).slice(0, 4).map(({ word }) => word);
    const name = candidates(ranked, asWritten(context)).find((text) => !taken.has(singular(text))) ?? fallback(taken);
    taken.add(singular(name));
    return name;
  });
}

/** Distinct words of each module's path and of what it declares: taken apart once, for the proposal, its rivals and every what-if. */
export type Vocabulary = ReadonlyMap<ModulePath, { readonly path: readonly string[]; readonly symbols: readonly string[] }>;

export const vocabularyOf = (model: SystemModel): Vocabulary => new Map(model.modules.map(({ path, symbols }) =>
  [path, { path: distinct([...path.split('/').slice(0, -1), stem(path)]), symbols: distinct(symbols) }]));

const distinct = (texts: readonly string[]): string[] => [...new Set(texts.flatMap(words))];

/** Every module and table speaks once per word, so that one file with forty identifiers does not name the context. */
function weigh({ modules, tables }: Nameless, vocabulary: Vocabulary): Map<string, number> {
  const bag = new Map<string, number>();
  const add = (spoken: readonly string[], weight: number): void => {
    for (const word of spoken) bag.set(word, (bag.get(word) ?? 0) + weight);
  };
  for (const table of tables) add(distinct([table]), 1);
  for (const module of modules) {
    const { path = [], symbols = [] } = vocabulary.get(module) ?? {};
    add(path, 1);
    add(symbols, 0.15);
  }
  return bag;
}

/** `orders`, where the context's own tables or folders say so; `order` where only code does. */
function asWritten({ modules, tables }: Nameless): ReadonlyMap<string, string> {
  const written = new Map<string, string>();
  const texts = [...tables, ...modules.flatMap((path) => path.split('/').slice(0, -1))].flatMap((text) => text.toLowerCase().split(/[^a-z]+/));
  for (const text of texts.sort(compareText)) if (text.length > 1 && !written.has(singular(text))) written.set(singular(text), text);
  for (const text of texts) if (text.endsWith('s') && singular(text) !== text) written.set(singular(text), text);
  return written;
}

function candidates(ranked: readonly string[], written: ReadonlyMap<string, string>): string[] {
  const plain = ranked.map((word) => written.get(word) ?? word);
  const [first] = ranked;
  return [...plain.slice(0, 1), ...(first === undefined ? [] : plain.slice(1).map((second) => `${first}-${second}`)), ...plain.slice(1)];
}

function fallback(taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) if (!taken.has(`context-${String(n)}`)) return `context-${String(n)}`;
}

/** Names for a division; the pinned names hold in every rival, too. `kept` are names that a rival takes over from the proposal. */
export function namesOf(vocabulary: Vocabulary, placement: Divided, { names }: Pick<Constraints, 'names'>, kept: ReadonlyMap<number, string> = new Map()): string[] {
  const pinned = new Map([...names].flatMap(([name, item]) => {
    const community = placement.communityOf.get(item);
    return community === undefined ? [] : [[community, name] as const];
  }));
  // A pinned name belongs to where its item lies, though most of what else it named lies elsewhere here.
  const taken = [...kept].filter(([, name]) => !names.has(name));
  return nameContexts(vocabulary, membersOf(placement), new Map([...taken, ...pinned]));
}

export type Divided = Pick<Placement, 'communityOf' | 'communities'>;

/** Modules and tables by community. */
export function membersOf({ communityOf, communities }: Divided): { modules: string[]; tables: string[] }[] {
  const members = Array.from({ length: communities }, () => ({ modules: [] as string[], tables: [] as string[] }));
  for (const [item, community] of communityOf) {
    if (isTable(item)) members[community]?.tables.push(plain(item));
    else members[community]?.modules.push(item);
  }
  return members;
}
