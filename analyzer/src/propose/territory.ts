import type { ModulePath } from '../model/evidence.ts';
import { tableItem } from '../cluster/pins.ts';

/** Who owns what, by name: the question every cut, saga and route asks. */
export interface Territory {
  /** Undefined: shared, or no part of the program. */
  readonly ofModule: (module: ModulePath) => string | undefined;
  readonly ofTable: (table: string) => string | undefined;
}

export const territory = (communityOf: ReadonlyMap<string, number>, names: readonly string[]): Territory => {
  const name = (item: string): string | undefined => {
    const community = communityOf.get(item);
    return community === undefined ? undefined : names[community];
  };
  return { ofModule: name, ofTable: (table) => name(tableItem(table)) };
};
