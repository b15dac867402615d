import { printPath } from './rules.ts';

/** Leaves kept per pattern: enough for a person to see what differs, few enough that a large body which differs throughout costs no second. */
const MAX_PER_PATTERN = 100;
/** For objects whose keys are ids: every key is a pattern of its own. */
const MAX_IN_ALL = 2_000;

/**
 * Where we are in an answer. A linked list, because most places are only passed by: the path is put together where a rule or a difference
 * asks for it. Places that differ by an array index share a pattern.
 */
export class Place {
  readonly #parent: Place | undefined;
  readonly #name: string;
  readonly #pattern: Pattern;
  #path: readonly string[] | undefined;

  private constructor(parent: Place | undefined, name: string, pattern: Pattern) {
    this.#parent = parent;
    this.#name = name;
    this.#pattern = pattern;
  }

  static root(...path: readonly string[]): Place {
    return path.slice(1).reduce((at, name) => at.inside(name), new Place(undefined, path[0] ?? '', new Pattern([path[0] ?? ''], { found: 0 })));
  }

  inside(name: string): Place { return new Place(this, name, this.#pattern.child(name)); }

  index(i: number): Place { return new Place(this, String(i), this.#pattern.child('*')); }

  /** Any element of an unordered array: an index would mean nothing. */
  any(): Place { return new Place(this, '*', this.#pattern.child('*')); }

  get path(): readonly string[] { return this.#path ??= [...this.#parent?.path ?? [], this.#name]; }

  /** Counts one more difference here; false when there are enough like it. */
  admits(): boolean { return this.#pattern.admits(); }

  print(): { readonly path: string; readonly pattern: string } { return { path: printPath(this.path), pattern: this.#pattern.text }; }
}

class Pattern {
  readonly #path: readonly string[];
  readonly #all: { found: number };
  readonly #children = new Map<string, Pattern>();
  #text: string | undefined;
  #found = 0;

  constructor(path: readonly string[], all: { found: number }) {
    this.#path = path;
    this.#all = all;
  }

  admits(): boolean {
    if (this.#found >= MAX_PER_PATTERN || this.#all.found >= MAX_IN_ALL) return false;
    this.#found += 1;
    this.#all.found += 1;
    return true;
  }

  get text(): string { return this.#text ??= printPath(this.#path); }

  child(name: string): Pattern {
    const known = this.#children.get(name);
    if (known !== undefined) return known;
    const fresh = new Pattern([...this.#path, name], this.#all);
    this.#children.set(name, fresh);
    return fresh;
  }
}
