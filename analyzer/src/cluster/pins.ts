import { compareText, type ModulePath } from '../model/evidence.ts';

/** What the team decided already (`strangler.contexts.yaml`): it holds over every re-run. Patterns are module paths or globs (`*` within a folder, `**` across). */
export interface ContextPins {
  readonly contexts?: Readonly<Record<string, ContextPin>>;
  /** Modules that belong to no context. */
  readonly shared?: readonly string[];
  /** Pairs of modules or tables that stay in one context. */
  readonly together?: readonly (readonly [string, string])[];
  /** Pairs of modules or tables that do not. */
  readonly apart?: readonly (readonly [string, string])[];
}

export interface ContextPin {
  readonly modules?: readonly string[];
  readonly tables?: readonly string[];
  /** Modules that must not be in it. Needs a module or a table that is, to say which context is meant. */
  readonly not?: readonly string[];
}

type Pair = readonly [string, string];

/** Pins as constraints on items (module paths and `table:NAME`). */
export interface Constraints {
  readonly together: readonly Pair[];
  readonly apart: readonly Pair[];
  readonly shared: ReadonlySet<ModulePath>;
  /** An item of each named context, by the name. */
  readonly names: ReadonlyMap<string, string>;
  /** Pins that match nothing, in words: the code has moved on, and somebody should know. */
  readonly idle: readonly string[];
}

export const tableItem = (table: string): string => `table:${table}`;

/** Resolves pins against what is there. Two contexts that are both pinned never merge. */
export function constraintsOf(pins: ContextPins, modules: readonly ModulePath[], tables: readonly string[]): Constraints {
  const together: Pair[] = [];
  const apart: Pair[] = [];
  const names = new Map<string, string>();
  const idle: string[] = [];
  const match = (where: string) => (pattern: string): string[] => {
    const found = matching(pattern, modules, tables);
    if (found.length === 0) idle.push(`${where}: nothing matches '${pattern}'`);
    return found;
  };
  for (const [name, { modules: inside = [], tables: owned = [], not = [] }] of Object.entries(pins.contexts ?? {}).sort(([a], [b]) => compareText(a, b))) {
    const [first, ...rest] = [...inside, ...owned.map(tableItem)].flatMap(match(`contexts.${name}`));
    if (first === undefined) continue;
    names.set(name, first);
    together.push(...rest.map((item): Pair => [first, item]));
    apart.push(...not.flatMap(match(`contexts.${name}.not`)).map((item): Pair => [first, item]));
  }
  const anchors = [...names.values()];
  anchors.forEach((a, i) => { apart.push(...anchors.slice(i + 1).map((b): Pair => [a, b])); });
  together.push(...(pins.together ?? []).flatMap(([a, b]) => pairUp(match('together')(a), match('together')(b))));
  apart.push(...(pins.apart ?? []).flatMap(([a, b]) => pairUp(match('apart')(a), match('apart')(b))));
  return { together, apart, shared: new Set((pins.shared ?? []).flatMap(match('shared'))), names, idle };
}

const pairUp = (as: readonly string[], bs: readonly string[]): Pair[] => as.flatMap((a) => bs.filter((b) => b !== a).map((b): Pair => [a, b]));

function matching(pattern: string, modules: readonly ModulePath[], tables: readonly string[]): string[] {
  const test = globToRegExp(pattern);
  const items = [...modules, ...tables.map(tableItem)].filter((item) => test.test(item));
  return items.length > 0 ? items : tables.filter((table) => test.test(table)).map(tableItem);
}

export function globToRegExp(glob: string): RegExp {
  const source = glob.split(/(\*\*\/?|\*|\?)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  }).join('');
  return new RegExp(`^${source}$`);
}
