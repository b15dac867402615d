import { compareText, type ModulePath } from '../model/evidence.ts';
import { tableItem } from '../cluster/pins.ts';
import type { Analysis } from '../propose/analysis.ts';
import type { Baseline } from './baseline.ts';

/** The far side's name when a library reaches into a context. Contexts have no such name: it is the one the reports use for what belongs to none. */
export const SHARED = 'shared';

/** Who owns what, settled: nothing here is weighed again. */
export interface Assignment {
  readonly contexts: ReadonlyMap<ModulePath, string>;
  readonly tables: ReadonlyMap<string, string>;
  /** Shared code that contexts link: it may not come to know one of them. */
  readonly libraries: ReadonlySet<ModulePath>;
  /** Composition roots and scripts: knowing every context is what they are for. */
  readonly wiring: ReadonlySet<ModulePath>;
}

export const assignmentOf = ({ contexts, shared }: Pick<Analysis, 'contexts' | 'shared'>): Assignment => ({
  contexts: new Map(contexts.flatMap(({ name, modules }) => modules.map((module) => [module, name] as const))),
  tables: new Map(contexts.flatMap(({ name, tables }) => tables.map((table) => [table, name] as const))),
  libraries: new Set(shared.why.filter(({ reason }) => reason === 'utility').map(({ module }) => module)),
  // What is isolated is placed once something ties it to a context; until then it can cross nothing.
  wiring: new Set(shared.why.filter(({ reason }) => reason !== 'utility' && reason !== 'isolated').map(({ module }) => module)),
});

export const assignmentIn = ({ contexts, shared }: Baseline): Assignment => ({
  contexts: new Map(Object.entries(contexts).flatMap(([name, { modules }]) => Object.keys(modules).map((module) => [module, name] as const))),
  tables: new Map(Object.entries(contexts).flatMap(([name, { tables }]) => tables.map((table) => [table, name] as const))),
  libraries: new Set(Object.keys(shared.libraries)),
  wiring: new Set(Object.keys(shared.wiring)),
});

/** The same as a division that cuts can be found for; libraries are a side of their own. */
export function communitiesOf({ contexts, tables, libraries }: Assignment): { communityOf: ReadonlyMap<string, number>; names: readonly string[] } {
  const names = [...new Set([...contexts.values(), ...tables.values(), SHARED])].sort(compareText);
  const number = new Map(names.map((name, i) => [name, i] as const));
  const of = (name: string): number => number.get(name) ?? -1;
  return {
    names,
    communityOf: new Map([
      ...[...contexts].map(([module, name]) => [module, of(name)] as const), ...[...tables].map(([table, name]) => [tableItem(table), of(name)] as const),
      ...[...libraries].map((module) => [module, of(SHARED)] as const),
    ]),
  };
}
