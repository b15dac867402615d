import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { singular, stem, words } from '../cluster/words.ts';

export interface Nameless {
  readonly modules: readonly ModulePath[];
  readonly tables: readonly string[];
}

/**
 * A name for each context from the words of its tables, folders and files: the word that is most its own: covered by many of its members (squared, for a name must fit them), used little elsewhere (its root, for the heart of a system is spoken of everywhere).
 * Unique, plurals aside: where two contexts would share a name, the second word is added. Pinned names win.
 * @returns names in the order of the contexts.
 */
export function nameContexts(model: SystemModel, contexts: readonly Nameless[], pinned: ReadonlyMap<number, string>): string[] {
  const symbols = new Map(model.modules.map(({ path, symbols: declared }) => [path, declared]));
  const bags = contexts.map((context) => weigh(context, symbols));
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

/** Every module and table speaks once per word, so that one file with forty identifiers does not name the context. */
function weigh({ modules, tables }: Nameless, symbols: ReadonlyMap<ModulePath, readonly string[]>): Map<string, number> {
  const bag = new Map<string, number>();
  const add = (texts: readonly string[], weight: number): void => {
    for (const word of new Set(texts.flatMap(words))) bag.set(word, (bag.get(word) ?? 0) + weight);
  };
  for (const table of tables) add([table], 1);
  for (const path of modules) {
    add([...path.split('/').slice(0, -1), stem(path)], 1);
    add(symbols.get(path) ?? [], 0.15);
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
