import { join } from 'node:path';
import { compareText, type ModulePath } from '../model/evidence.ts';
import type { Module, Unresolved } from '../model/graph.ts';
import { NOTHING_KEPT } from '../model/kept.ts';
import type { ReadOptions } from './options.ts';
import type { FileFacts } from './parse/facts.ts';
import { parseFiles } from './parse/parse-files.ts';
import { kindOf, TOO_LARGE_BYTES } from './source/classify.ts';
import type { Disk } from './source/disk.ts';

export interface ReadFiles {
  readonly modules: readonly Module[];
  readonly facts: readonly FileFacts[];
  readonly unresolved: readonly Unresolved[];
}

interface ReadOne {
  readonly module: Module;
  readonly facts?: FileFacts;
  readonly findings: readonly { readonly what: string; readonly why: string; readonly line: number }[];
}

/** Reads every source file into facts, in the order of `paths`. */
export const readFiles = async (root: string, paths: readonly ModulePath[], { onProgress, kept = NOTHING_KEPT }: Pick<ReadOptions, 'onProgress' | 'kept'>, disk: Disk): Promise<ReadFiles> => {
  const sources = paths.map((path) => ({ path, source: readSource(root, path, disk) }));
  const facts = await parseFiles(sources.flatMap(({ path, source }) => ('text' in source ? [{ path, text: source.text }] : [])), kept, (done) => onProgress?.({ step: 'files', done, total: paths.length }));
  const read = sources.map(({ path, source }): ReadOne => {
    if (!('text' in source)) return source;
    const its = facts.get(path);
    return its === undefined ? { module: { path, lines: 0, kind: 'source', symbols: [] }, findings: [] } : asRead(path, source.text, its);
  });
  onProgress?.({ step: 'files', done: paths.length, total: paths.length });
  return {
    modules: read.map(({ module }) => module), facts: read.flatMap(({ facts: its }) => its ?? []),
    unresolved: read.flatMap(({ module: { path }, findings }) => findings.map(({ what, why, line }): Unresolved => ({ kind: 'file', what, why, evidence: { file: path, line } }))),
  };
};

/** A file's text, or what is said of a file that is not parsed. */
const readSource = (root: string, path: ModulePath, disk: Disk): { readonly text: string } | ReadOne => {
  const { text, why } = disk.text(join(root, path));
  if (text === undefined) return { module: { path, lines: 0, kind: why.includes('binary') || why.includes('too large') ? 'generated' : 'source', symbols: [] }, findings: [{ what: path, why, line: 1 }] };
  if (text.length > TOO_LARGE_BYTES) return { module: { path, lines: text.split('\n').length, kind: 'generated', symbols: [] }, findings: [{ what: path, why: tooLarge(text), line: 1 }] };
  return { text };
};

const asRead = (path: ModulePath, text: string, facts: FileFacts): ReadOne => (
  { module: { path, lines: facts.lines, kind: kindOf(path, text, facts.typesOnly), symbols: symbolsOf(facts) }, facts, findings: findingsOf(facts) });

const findingsOf = ({ cutAt, syntaxErrors }: FileFacts): ReadOne['findings'] => [
  ...syntaxErrors.map(({ message, line }) => ({ what: message, why: 'broken syntax: what could be read around it was read', line })),
  ...cutAt.map((line) => ({ what: 'nested too deeply', why: line === 0 ? 'the parser gave up: the file is not read' : 'what lies deeper is not read', line: Math.max(line, 1) })),
];

export const tooLarge = (text: string): string => `${(text.length / 1e6).toFixed(1)} MB: taken as generated, what is inside is not read`;

const symbolsOf = (facts: FileFacts): string[] => {
  const declared = facts.functions.filter(({ anonymous, parent }) => !anonymous && parent === 0).map(({ name }) => name);
  const exported = facts.exports.map(({ name }) => name).filter((name) => name !== '*' && name !== '=' && name !== 'default');
  return [...new Set([...exported, ...facts.classes.map(({ name }) => name), ...facts.shapes.keys(), ...declared])].filter((name) => !name.includes(' ')).sort(compareText);
};
