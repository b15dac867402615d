import type { Analysis, CutKind, Evidence, ModulePath } from '../propose/analysis.ts';
import { CUT_COST } from '../propose/cuts.ts';
import type { CallEdge, ForeignKey, ImportEdge, Module, TableAccess } from '../model/graph.ts';
import { printAnalysis } from './analysis-document.ts';
import type { AnalysisDocument } from './document-schema.ts';

/** What the page draws from: the JSON report, and below it what a reader sees when they look inside a context. */
export interface PageData extends AnalysisDocument {
  readonly modules: readonly PageModule[];
  readonly calls: readonly PageCall[];
  readonly imports: readonly PageImport[];
  readonly accesses: readonly PageAccess[];
  readonly foreignKeys: readonly ForeignKey[];
  /** What a cut of each kind costs, so that the page can judge a move. */
  readonly cutCost: Readonly<Record<CutKind, number>>;
}

export type PageModule = Pick<Module, 'path' | 'lines' | 'kind' | 'symbols'>;
/** `line` lies in `from`, like every line here. */
export interface PageCall { readonly from: ModulePath; readonly caller: string; readonly to: ModulePath; readonly callee: string; readonly kind: CallEdge['kind']; readonly line: number }
export interface PageImport { readonly from: ModulePath; readonly to: ModulePath; readonly kind: ImportEdge['kind']; readonly symbols: readonly string[]; readonly line: number }
export interface PageAccess { readonly table: string; readonly mode: TableAccess['mode']; readonly module: ModulePath; readonly by: string; readonly columns: readonly string[]; readonly joined: readonly string[]; readonly via: TableAccess['via']; readonly transaction?: string; readonly evidence: Evidence }

/** Modules of the program, and the edges between two of them: tests and migrations are counted, not drawn. */
export function pageData(analysis: Analysis): PageData {
  const { contexts, model, shared } = analysis;
  const program = new Set([...contexts.flatMap(({ modules }) => modules), ...shared.modules]);
  return {
    ...printAnalysis(analysis),
    modules: model.modules.filter(({ path }) => program.has(path)).map(({ path, lines, kind, symbols }) => ({ path, lines, kind, symbols })),
    calls: model.calls.filter(({ from, to }) => program.has(from.module) && program.has(to.module))
      .map(({ from, to, kind, evidence }) => ({ from: from.module, caller: from.name, to: to.module, callee: to.name, kind, line: evidence.line })),
    imports: model.imports.filter(({ from, to, test }) => !test && program.has(from) && program.has(to))
      .map(({ from, to, kind, symbols, evidence }) => ({ from, to, kind, symbols, line: evidence.line })),
    accesses: model.accesses.filter(({ at }) => program.has(at.module)).map(printAccess),
    foreignKeys: model.foreignKeys,
    cutCost: CUT_COST,
  };
}

const printAccess = ({ table, mode, at, columns, joined, via, transaction, evidence }: TableAccess): PageAccess => ({
  table, mode, module: at.module, by: at.name, columns, joined, via, evidence, ...(transaction === undefined ? {} : { transaction }),
});
