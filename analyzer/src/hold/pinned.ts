import type { ModulePath } from '../model/evidence.ts';
import { globToRegExp, type ContextPins } from '../cluster/pins.ts';

/** What pins say of one module or table, whatever the evidence: its context, or that it is shared. */
export interface Pinned {
  readonly ofModule: (module: ModulePath) => { readonly context: string } | 'shared' | undefined;
  readonly ofTable: (table: string) => string | undefined;
}

/** Reads pins one item at a time. A path written out beats a pattern; among patterns the first in the file wins; `not` keeps an item out of that context's patterns. */
export function pinned({ contexts = {}, shared = [] }: ContextPins): Pinned {
  const claims = Object.entries(contexts).map(([context, { modules = [], tables = [], not = [] }]) => ({
    context, exact: new Set(modules), module: anyOf(modules), table: anyOf(tables), exactTables: new Set(tables), not: anyOf(not),
  }));
  const isShared = anyOf(shared);
  const ofModule = (module: ModulePath): ReturnType<Pinned['ofModule']> => {
    if (shared.includes(module)) return 'shared';
    const claim = claims.find(({ exact }) => exact.has(module)) ?? (isShared(module) ? undefined : claims.find((its) => its.module(module) && !its.not(module)));
    return claim === undefined ? (isShared(module) ? 'shared' : undefined) : { context: claim.context };
  };
  const ofTable = (table: string): string | undefined => (claims.find(({ exactTables }) => exactTables.has(table)) ?? claims.find((its) => its.table(table)))?.context;
  return { ofModule, ofTable };
}

function anyOf(patterns: readonly string[]): (item: string) => boolean {
  const tests = patterns.map(globToRegExp);
  return (item) => tests.some((test) => test.test(item));
}
