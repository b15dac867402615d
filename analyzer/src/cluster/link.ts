import type { Evidence } from '../model/evidence.ts';

/** One kind of reason to belong together. */
export type Layer = 'transaction' | 'write' | 'endpoint' | 'call' | 'import' | 'foreignKey' | 'read' | 'coChange' | 'names' | 'folders' | 'type';
export type Switchable = 'names' | 'folders' | 'history';

/** One reason why two items (module paths, `table:NAME`, `folder:PATH`) belong together. */
export interface Link {
  readonly a: string;
  readonly b: string;
  readonly layer: Layer;
  /** Comparable within a layer only, until `weigh` has normalised it. */
  readonly weight: number;
  /** For a reader: `writes orders`, `calls OrderService.place`. */
  readonly says: string;
  readonly evidence?: Evidence;
}
