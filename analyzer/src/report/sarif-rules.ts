import type { CutKind } from '../propose/analysis.ts';

export type RuleId = 'cross-context-call' | 'cross-context-import' | 'cross-context-type' | 'cross-context-read' | 'cross-context-write' | 'cross-context-join'
  | 'cross-context-foreign-key' | 'cross-context-transaction' | 'new-module' | 'unresolved' | 'unsure-placement';

interface Rule {
  readonly id: RuleId;
  readonly name: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly short: string;
  readonly full: string;
}

const OF_CUT: Readonly<Record<CutKind, RuleId>> = {
  call: 'cross-context-call', import: 'cross-context-import', type: 'cross-context-type', read: 'cross-context-read', write: 'cross-context-write',
  join: 'cross-context-join', foreignKey: 'cross-context-foreign-key', transaction: 'cross-context-transaction',
};
export const ruleOfCut = (kind: CutKind): RuleId => OF_CUT[kind];

/** Errors are what splits the ownership of data; notes are what costs next to nothing, or is a question. */
export const RULES: readonly Rule[] = [
  { id: 'cross-context-call', name: 'CrossContextCall', level: 'warning', short: 'A call into another context', full: 'The function called belongs to another context. Offer it as an endpoint there, and keep the call behind an anti-corruption layer.' },
  { id: 'cross-context-foreign-key', name: 'CrossContextForeignKey', level: 'warning', short: 'A foreign key into another context', full: 'The constraint ties tables of two owners together; no database can keep it once they live apart. Drop it and keep the id; a cascade becomes an event.' },
  { id: 'cross-context-import', name: 'CrossContextImport', level: 'warning', short: 'An import from another context', full: 'A value of another context is imported. Copy it, or ask its owner behind an anti-corruption layer.' },
  { id: 'cross-context-join', name: 'CrossContextJoin', level: 'warning', short: 'A join over two owners\' tables', full: 'One query reads tables of two contexts. Keep a replicated read model, or compose the answer from two calls.' },
  { id: 'cross-context-read', name: 'CrossContextRead', level: 'warning', short: 'A read of another context\'s table', full: 'Only the owner knows what its rows mean. Ask the owner, or replicate what is read often.' },
  { id: 'cross-context-transaction', name: 'CrossContextTransaction', level: 'error', short: 'A transaction over two owners\' tables', full: 'Rows of two contexts are written in one transaction. Make it a saga with compensations, or write an outbox row.' },
  { id: 'cross-context-type', name: 'CrossContextType', level: 'note', short: 'A type of another context', full: 'Nothing of it is left at run time, but the build needs the other context. Publish the types with the API, or copy the fields used.' },
  { id: 'cross-context-write', name: 'CrossContextWrite', level: 'error', short: 'A write of another context\'s table', full: 'A table has one owner; only the owner writes it. Send the owner a command, or split the columns.' },
  { id: 'new-module', name: 'NewModule', level: 'note', short: 'A module the baseline does not know', full: 'It was given to a context by its folder or its edges. Pin it in strangler.contexts.yaml if it belongs elsewhere, and write the baseline anew.' },
  { id: 'unresolved', name: 'Unresolved', level: 'note', short: 'Something the analyzer could not resolve', full: 'It was seen and not understood, so a crossing in it is not counted. What lies behind it is for people to check.' },
  { id: 'unsure-placement', name: 'UnsurePlacement', level: 'note', short: 'A module that could lie in either of two contexts', full: 'The evidence for its context and for the runner-up is almost equal. Decide, and pin it in strangler.contexts.yaml.' },
];
