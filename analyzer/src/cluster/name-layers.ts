import type { ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { isProgram } from '../measure/program.ts';
import type { Link } from './link.ts';
import { tableItem } from './pins.ts';
import { likenesses, type Bag } from './tf-idf.ts';
import { stem, words } from './words.ts';

/** How much a word counts by where it stands: authors choose file and table names with the most care. */
const IN_STEM = 4;
const IN_TABLE = 4;
const IN_FOLDER = 2;

/** Modules and tables whose words are alike: file stems, declared identifiers, table names; folders only when they may count. */
export function nameLinks(model: SystemModel, folders: boolean): Link[] {
  const items = [
    ...model.modules.filter(isProgram).map(({ path, symbols }) => ({ item: path, bag: moduleBag(path, symbols, folders) })),
    ...model.tables.map(({ name }) => ({ item: tableItem(name), bag: bagOf(words(name).map((word) => [word, IN_TABLE])) })),
  ];
  return likenesses(items.map(({ bag }) => bag), { nearest: 8, mostShare: 0.15, least: 0.15 }).map(({ a, b, weight }): Link => ({
    a: items[a]?.item ?? '', b: items[b]?.item ?? '', layer: 'names', weight, says: `named alike: ${shared(items[a]?.bag, items[b]?.bag)}`,
  }));
}

function moduleBag(path: ModulePath, symbols: readonly string[], folders: boolean): Bag {
  const dirs = folders ? path.split('/').slice(0, -1) : [];
  return bagOf([
    ...words(stem(path)).map((word): [string, number] => [word, IN_STEM]),
    ...symbols.flatMap((symbol) => words(symbol).map((word): [string, number] => [word, 1])),
    ...dirs.flatMap((dir) => words(dir).map((word): [string, number] => [word, IN_FOLDER])),
  ]);
}

function bagOf(counted: readonly (readonly [string, number])[]): Bag {
  const bag = new Map<string, number>();
  for (const [word, count] of counted) bag.set(word, (bag.get(word) ?? 0) + count);
  return bag;
}

const shared = (a: Bag = new Map(), b: Bag = new Map()): string => [...a].filter(([word]) => b.has(word))
  .sort(([x, n], [y, m]) => m + (b.get(y) ?? 0) - n - (b.get(x) ?? 0) || (x < y ? -1 : 1)).slice(0, 4).map(([word]) => word).join(', ');

const ROLE_FOLDERS = new Set(['app', 'code', 'common', 'component', 'domain', 'feature', 'infra', 'infrastructure', 'misc', 'package', 'presentation', 'usecase']);

/** Folders as meeting points: each holds its modules, and weakly its subfolders. Folders named for a role (`services/`, `features/`) say nothing, nor does one that holds most of the system. */
export function folderNodes(modules: readonly ModulePath[]): Link[] {
  const below = new Map<string, number>();
  for (const path of modules) for (const folder of ancestors(path)) below.set(folder, (below.get(folder) ?? 0) + 1);
  const telling = (folder: string): boolean => {
    const name = words(folder.split('/').at(-1) ?? '').filter((word) => !ROLE_FOLDERS.has(word));
    return name.length > 0 && (below.get(folder) ?? 0) > 1 && (below.get(folder) ?? 0) <= Math.max(8, modules.length * 0.4);
  };
  const links: Link[] = [];
  for (const path of modules) {
    // The nearest folder that says something, so that `orders/services/tax.ts` is in orders.
    const home = ancestors(path).find(telling);
    if (home !== undefined) links.push({ a: path, b: `folder:${home}`, layer: 'folders', weight: 1, says: `lies in ${home}/` });
  }
  for (const folder of below.keys()) {
    const parent = ancestors(folder).find(telling);
    if (telling(folder) && parent !== undefined) links.push({ a: `folder:${folder}`, b: `folder:${parent}`, layer: 'folders', weight: 0.5, says: `${folder}/ lies in ${parent}/` });
  }
  return links;
}

/** `a/b/c.ts` → `a/b`, `a`: nearest first. */
function ancestors(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}
