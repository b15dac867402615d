/** A path relative to the analyzed directory, `/`-separated: the identity of a module. */
export type ModulePath = string;

/** Where it says so. Every edge and every fact carries one, so that a reader can disagree with the source in front of them. */
export interface Evidence {
  readonly file: ModulePath;
  /** 1-based. */
  readonly line: number;
}

/** Orders by file, then line; the one order in which evidence is printed. */
export const byEvidence = (a: Evidence, b: Evidence): number => compareText(a.file, b.file) || a.line - b.line;

/** Code-unit order: the same on every machine, whatever its locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
