import { compareText, type ModulePath } from '../../model/evidence.ts';
import { globToRegExp, tableItem } from '../../cluster/pins.ts';
import { plain } from '../reasons.ts';
import type { Move } from './moves.ts';
import { nearest } from './near.ts';

/** A division as it is being changed. */
export interface Draught {
  readonly communityOf: Map<string, number>;
  readonly names: string[];
}

/** What one move came to: the items and the contexts it named, by their full names. */
export interface Done {
  readonly move: Move;
  readonly items: readonly string[];
  readonly from: readonly string[];
  readonly to: string;
}

export interface Applied {
  readonly done: readonly Done[];
  /** What could not be done, with what may have been meant. */
  readonly problems: readonly { readonly where: string; readonly message: string }[];
}

export const SHARED = 'shared';

/** Carries out moves one after another on a copy of the division; a move that names what is not there changes nothing. */
export function applyMoves(moves: readonly Move[], draught: Draught, known: { readonly modules: readonly ModulePath[]; readonly tables: readonly string[] }): Applied {
  const done: Done[] = [];
  const problems: { where: string; message: string }[] = [];
  moves.forEach((move, i) => {
    const say: Say = (message) => {
      problems.push({ where: `move ${String(i + 1)}`, message });
      return null;
    };
    const its = new Mover(draught, known, say).apply(move);
    if (its !== null) done.push(its);
  });
  return { done, problems };
}

/** Notes what is wrong with a move; null, so that a refusal is said and returned in one. */
type Say = (message: string) => null;

class Mover {
  readonly #draught: Draught;
  readonly #known: { readonly modules: readonly ModulePath[]; readonly tables: readonly string[] };
  readonly #say: Say;

  constructor(draught: Draught, known: { readonly modules: readonly ModulePath[]; readonly tables: readonly string[] }, say: Say) {
    this.#draught = draught;
    this.#known = known;
    this.#say = say;
  }

  apply(move: Move): Done | null {
    switch (move.kind) {
      case 'move': return this.#move(move);
      case 'merge': return this.#merge(move);
      case 'split': return this.#split(move);
    }
  }

  #move(move: Move & { kind: 'move' }): Done | null {
    const to = this.#context(move.to, true);
    const items = this.#items(move.items, move.what);
    if (to === null || items === null) return null;
    const there = items.filter((item) => this.#nameOf(item) === to);
    if (there.length === items.length) return this.#say(`${and(items.map(plain))} ${items.length === 1 ? 'is' : 'are'} in ${to} already.`);
    const tables = to === SHARED ? items.filter((item) => item.startsWith('table:')) : [];
    if (tables.length > 0) return this.#say(`A table needs an owner: ${and(tables.map(plain))} cannot be shared.`);
    const moved = items.filter((item) => !there.includes(item));
    const from = this.#namesOf(moved);
    for (const item of moved) this.#put(item, to);
    return { move, items: moved, from, to };
  }

  #merge(move: Move & { kind: 'merge' }): Done | null {
    const [a, b] = [this.#context(move.contexts[0], false), this.#context(move.contexts[1], false)];
    if (a === null || b === null) return null;
    if (a === b) return this.#say(`${a} cannot be merged with itself.`);
    const to = move.as ?? a;
    if (to !== a && to !== b && this.#isTaken(to)) return this.#say(`There is a context ${to} already.`);
    const items = [...this.#draught.communityOf.keys()].filter((item) => this.#nameOf(item) === b);
    for (const item of items) this.#put(item, a);
    // The emptied one keeps its number and loses its name, so that it can be given again.
    this.#draught.names[this.#draught.names.indexOf(b)] = '';
    this.#draught.names[this.#draught.names.indexOf(a)] = to;
    return { move, items, from: [a, b], to };
  }

  #split(move: Move & { kind: 'split' }): Done | null {
    const from = this.#context(move.from, false);
    const items = this.#items(move.items, 'any');
    if (from === null || items === null) return null;
    const elsewhere = items.filter((item) => this.#nameOf(item) !== from);
    if (elsewhere.length > 0) return this.#say(`${and(elsewhere.map(plain))} ${elsewhere.length === 1 ? 'is' : 'are'} not in ${from} but in ${and(this.#namesOf(elsewhere))}.`);
    if (this.#isTaken(move.as)) return this.#say(`There is a context ${move.as} already.`);
    this.#draught.names.push(move.as);
    for (const item of items) this.#put(item, move.as);
    return { move, items, from: [from], to: move.as };
  }

  #context(typed: string, sharedToo: boolean): string | null {
    const names = this.#draught.names.filter((name) => name !== '');
    const all = sharedToo ? [...names, SHARED] : names;
    const found = all.find((name) => name === typed) ?? all.find((name) => name.toLowerCase() === typed.toLowerCase());
    return found ?? this.#say(`There is no context '${typed}'. ${meant(typed, all)}`);
  }

  #items(typed: readonly string[], what: 'any' | 'table'): string[] | null {
    const found = typed.map((name) => this.#item(name, what));
    return found.length > 0 && found.every((items) => items !== null) ? [...new Set(found.flat())] : null;
  }

  /** A module by its path, its end or a glob; a table by its name. */
  #item(typed: string, what: 'any' | 'table'): string[] | null {
    const { modules, tables } = this.#known;
    if (what === 'table') return tables.includes(typed) ? [tableItem(typed)] : this.#say(`There is no table '${typed}'. ${meant(typed, tables)}`);
    if (modules.includes(typed)) return [typed];
    if (/[*?]/.test(typed)) {
      const glob = globToRegExp(typed);
      const matching = modules.filter((module) => glob.test(module));
      return matching.length > 0 ? matching : this.#say(`No module matches '${typed}'.`);
    }
    const ends = modules.filter((module) => module.endsWith(`/${typed.replace(/^\.?\//, '')}`));
    if (ends.length === 1) return ends;
    if (tables.includes(typed)) return [tableItem(typed)];
    return this.#say(ends.length > 1 ? `'${typed}' may be ${ends.slice(0, 3).join(' or ')}: name more of its path.` : `There is no module or table '${typed}'. ${meant(typed, typed.includes('.') ? modules : [...modules, ...tables])}`);
  }

  #isTaken(name: string): boolean {
    return name === SHARED || this.#draught.names.includes(name);
  }

  #nameOf(item: string): string {
    const community = this.#draught.communityOf.get(item);
    return community === undefined ? SHARED : this.#draught.names[community] ?? SHARED;
  }

  #namesOf(items: readonly string[]): string[] {
    return [...new Set(items.map((item) => this.#nameOf(item)))].sort(compareText);
  }

  #put(item: string, context: string): void {
    if (context === SHARED) this.#draught.communityOf.delete(item);
    else this.#draught.communityOf.set(item, this.#draught.names.indexOf(context));
  }
}

function meant(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names);
  return near.length === 0 ? `There are ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}.` : `Did you mean ${near.join(', ')}?`;
}

export const and = (names: readonly string[]): string => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`);
