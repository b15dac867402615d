import ts from 'typescript';
import type { FileFacts } from '../../src/read/parse/facts.ts';

export const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration =>
  (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isArrowFunction(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node) || ts.isAccessor(node)) && node.body !== undefined;

/** The names by which the model speaks of a file's functions: found by their line, their own name, and their place among those of that line. */
export const functionNames = (file: ts.SourceFile, { path, functions: facts }: FileFacts): Map<ts.Node, string> => {
  const lines = new Map<number, string[]>();
  for (const { line, name } of facts.slice(1)) lines.set(line, [...(lines.get(line) ?? []), name]);
  const names = new Map<ts.Node, string>();
  const take = (node: ts.Node, fits: (name: string) => boolean): void => {
    const here = lines.get(file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1) ?? [];
    const at = here.findIndex(fits);
    names.set(node, `${path}#${(at < 0 ? here.shift() : here.splice(at, 1)[0]) ?? '?'}`);
  };
  const functions = functionsIn(file);
  for (const node of functions) {
    const own = ownName(node);
    if (own !== undefined) take(node, (name) => name.split('.').at(-1) === own);
  }
  for (const node of functions) if (!names.has(node)) take(node, () => true);
  return names;
};

const functionsIn = (file: ts.SourceFile): ts.FunctionLikeDeclaration[] => {
  const found: ts.FunctionLikeDeclaration[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunction(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

const ownName = (node: ts.FunctionLikeDeclaration): string | undefined => {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  return node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : undefined;
};
