import type { Relation } from '../capture/packed.ts';
import { tableName } from '../capture/table-ref.ts';
import { copiedTo, everyMap, type Into, type TableMap, type TableMaps } from './table-map.ts';

/** How tuples of a relation lie in a target table. */
export interface Shape {
  readonly relation: Relation;
  readonly into: Into;
  /** Where the key columns are in a tuple, in the order of the target's key; -1 for one the relation lacks. */
  readonly keyAt: readonly number[];
  /** The columns of a tuple that the target gets. */
  readonly columns: readonly ShapeColumn[];
}

export interface ShapeColumn {
  /** Place in a tuple. */
  readonly at: number;
  /** Name in the target. */
  readonly name: string;
}

/** What becomes of a relation's changes: rows of this shape; `text`, where they need a look at each value; nothing, when the table is not replicated. */
export type Way = Shape | 'text' | undefined;

/** Shapes by relation, worked out once. */
export class Shapes {
  private readonly maps: TableMaps;
  private readonly known = new WeakMap<Relation, { readonly way: Way }>();

  constructor(maps: TableMaps) {
    this.maps = maps;
  }

  of(relation: Relation): Way {
    const known = this.known.get(relation);
    if (known !== undefined) return known.way;
    const mine = this.maps.get(tableName(relation)) ?? [];
    const [only] = mine;
    const way = only === undefined ? undefined : mine.length === 1 && only.plain && this.isAlone(only) ? shape(relation, only) : 'text';
    this.known.set(relation, { way });
    return way;
  }

  /** Mappings that share a target are planned together. */
  private isAlone({ target }: TableMap): boolean {
    return everyMap(this.maps).filter((map) => tableName(map.target) === tableName(target)).length === 1;
  }
}

function shape(relation: Relation, map: TableMap): Shape {
  const columns = relation.columns.flatMap(({ name }, at) => {
    const copied = copiedTo(map, name);
    return copied === undefined ? [] : [{ at, name: copied }];
  });
  return { relation, into: map, columns, keyAt: map.key.map((column) => columns.find(({ name }) => name === column)?.at ?? -1) };
}
