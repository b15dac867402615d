import { byEvidence, compareText, type ModulePath } from '../model/evidence.ts';
import type { ImportEdge, Unresolved } from '../model/graph.ts';
import type { Program } from './link/program.ts';
import type { FileFacts, ImportFact } from './parse/facts.ts';
import type { CompilerSettings } from './source/config-files.ts';

export interface ReadImports {
  readonly edges: readonly ImportEdge[];
  readonly unresolved: readonly Unresolved[];
}

interface Draft {
  readonly from: ModulePath;
  readonly to: ModulePath;
  readonly kind: ImportEdge['kind'];
  readonly line: number;
  readonly symbols: Set<string>;
  readonly through: readonly ModulePath[];
}

/** Every import as an edge to the module that declares what is imported; packages are not edges. */
export const readImports = (program: Program, isTest: (path: ModulePath) => boolean, settingsFor: (path: ModulePath) => CompilerSettings): ReadImports => {
  const edges: ImportEdge[] = [];
  const unresolved: Unresolved[] = [];
  for (const file of program.files.values()) {
    const drafts = new Map<string, Draft>();
    for (const fact of file.imports) unresolved.push(...readOne(program, file, fact, settingsFor(file.path), drafts));
    for (const draft of drafts.values()) edges.push(finished(draft, isTest(file.path)));
    for (const { what, line } of file.opaqueImports) {
      unresolved.push({ kind: 'import', what, why: 'the module is chosen at run time', evidence: { file: file.path, line } });
    }
  }
  return { edges: edges.sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to) || compareText(a.kind, b.kind)), unresolved };
};

const finished = (draft: Draft, test: boolean): ImportEdge => ({
  from: draft.from, to: draft.to, kind: draft.kind, test, symbols: [...draft.symbols].sort(compareText), through: draft.through,
  evidence: { file: draft.from, line: draft.line },
});

const readOne = (program: Program, file: FileFacts, fact: ImportFact, settings: CompilerSettings, drafts: Map<string, Draft>): Unresolved[] => {
  const target = program.target(file.path, fact.specifier);
  if (target.kind === 'missing' || target.kind === 'outside') {
    const why = target.kind === 'missing' ? target.why : 'leads outside the analyzed directory';
    return [{ kind: 'import', what: fact.specifier, why, evidence: { file: file.path, line: fact.line } }];
  }
  if (target.kind !== 'module') return [];
  const direct = program.files.get(target.path);
  if (fact.names.length === 0 || direct === undefined) add(drafts, file.path, target.path, kindOf(fact, fact.typeOnly), fact.line, [], []);
  else for (const name of fact.names) readName(program, { file, fact, settings, direct }, name, drafts);
  return [];
};

interface Importing { readonly file: FileFacts; readonly fact: ImportFact; readonly settings: CompilerSettings; readonly direct: FileFacts }

/** One imported name, led to what declares it. A barrel's own re-export points at the file it names; whoever imports from the barrel is led further. */
const readName = (program: Program, { file, fact, settings, direct }: Importing, name: ImportFact['names'][number], drafts: Map<string, Draft>): void => {
  const declared = program.exported(direct, name.imported);
  const erased = isErased(file, fact, name, declared?.typeOnly ?? false, settings);
  const beyond = fact.kind === 'export' || declared === undefined || declared.file === direct ? undefined : declared;
  add(drafts, file.path, beyond?.file.path ?? direct.path, kindOf(fact, erased), fact.line, [name.imported], beyond?.through ?? []);
};

const kindOf = (fact: ImportFact, erased: boolean): ImportEdge['kind'] => (erased ? 'type' : fact.kind === 'dynamic' ? 'dynamic' : 'value');

const add = (drafts: Map<string, Draft>, from: ModulePath, to: ModulePath, kind: ImportEdge['kind'], line: number, symbols: readonly string[], through: readonly ModulePath[]): void => {
  if (from === to) return;
  const key = `${to}\0${kind}`;
  const draft = drafts.get(key) ?? { from, to, kind, line, symbols: new Set<string>(), through };
  drafts.set(key, draft);
  for (const symbol of symbols) draft.symbols.add(symbol);
};

/** Whether TypeScript would drop the import: written as a type, declared as a type, or used only in type positions. */
const isErased = (file: FileFacts, fact: ImportFact, name: ImportFact['names'][number], declaredType: boolean, settings: CompilerSettings): boolean => {
  if (fact.typeOnly || name.typeOnly) return true;
  if (fact.kind !== 'import' || !/tsx?$/.test(file.path)) return fact.kind === 'export' && declaredType;
  if (declaredType) return true;
  if (settings.verbatim || file.valueUses.has(name.local)) return false;
  return !(settings.decoratorMetadata && file.decoratedTypes.has(name.local));
};

/** Findings in the order in which a reader meets them. */
export const sortUnresolved = (findings: readonly Unresolved[]): Unresolved[] =>
  [...findings].sort((a, b) => byEvidence(a.evidence, b.evidence) || compareText(a.kind, b.kind) || compareText(a.what, b.what));
