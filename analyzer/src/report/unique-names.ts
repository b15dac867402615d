import { compareText } from '../model/evidence.ts';

/**
 * Names as another notation can write them, and no two alike: a second one of the same spelling gets a number. Sorted input order, so that
 * the same names give the same spellings. `most` is the notation's limit in characters; `joint` stands before the number.
 */
export function uniqueNames(names: Iterable<string>, spell: (name: string) => string, { most = Infinity, joint = '_' } = {}): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const spelled = new Map<string, string>();
  const all = [...new Set(names)].sort(compareText);
  // Who can keep its name does; only then are others numbered.
  for (const name of all) if (spell(name) === name && name.length <= most) {
    taken.add(name.toLowerCase());
    spelled.set(name, name);
  }
  for (const name of all) if (!spelled.has(name)) {
    const wish = spell(name).slice(0, most);
    let free = wish;
    for (let i = 2; taken.has(free.toLowerCase()); i += 1) free = `${wish.slice(0, most - String(i).length - joint.length)}${joint}${String(i)}`;
    taken.add(free.toLowerCase());
    spelled.set(name, free);
  }
  return spelled;
}
