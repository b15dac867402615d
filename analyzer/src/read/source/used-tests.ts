import type { Module } from '../../model/graph.ts';
import type { Program } from '../link/program.ts';
import type { FileFacts } from '../parse/facts.ts';

/** A test by its own name, wherever it lies. */
const NAMED_TEST = /[.-](?:test|tests|spec|e2e|e2e-spec|e2e-test|e2e-ee|integration|cy|stories|mock|fixture)\.[cm]?[jt]sx?$|(?:^|\/)(?:__tests__|__mocks__|__fixtures__|fixtures?|cypress)\//;

/**
 * Modules in a folder called like tests that the program itself imports at run time (`app/testing/testing.module.ts`) are part of it, and so is what they import.
 * Production does not import its tests.
 */
export const withUsedTests = (modules: readonly Module[], program: Program): readonly Module[] => {
  const kinds = new Map(modules.map(({ path, kind }) => [path, kind]));
  const used = new Set<string>();
  const waiting = modules.filter(({ kind }) => kind === 'source').map(({ path }) => path);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const target of importedAtLoad(path, program)) {
      if (kinds.get(target) !== 'test' || NAMED_TEST.test(target) || used.has(target) || !hasCode(program.files.get(target))) continue;
      used.add(target);
      waiting.push(target);
    }
  }
  return used.size === 0 ? modules : modules.map((module) => (used.has(module.path) ? { ...module, kind: 'source' } : module));
};

/** Data and schemas alone (`openapi/spec/film.ts`) stay what their folder says: nothing enters there, and nothing is called. */
const hasCode = (file: FileFacts | undefined): boolean => file !== undefined && (file.functions.length > 1 || file.classes.length > 0);

const importedAtLoad = (path: string, program: Program): string[] => (program.files.get(path)?.imports ?? []).flatMap(({ specifier, typeOnly, names }) => {
  if (typeOnly || (names.length > 0 && names.every((name) => name.typeOnly))) return [];
  const target = program.target(path, specifier);
  return target.kind === 'module' ? [target.path] : [];
});
