import { ts } from 'ts-morph';
import type { Expr, ImportFact } from './facts.ts';
import { lowerClass } from './lower-classes.ts';
import { lower } from './lower-expressions.ts';
import { lowerFunction, lowerPattern } from './lower-functions.ts';
import { lowerExport, lowerExportAssignment, lowerImport, lowerImportEquals, exportDeclared } from './lower-modules.ts';
import { lowerShape, lowerType } from './lower-types.ts';
import type { Lowering } from './lowering.ts';

type LowerStatement = (node: never, to: Lowering) => void;

export const lowerStatement = (node: ts.Statement, to: Lowering): void => {
  const rule = STATEMENTS.get(node.kind);
  to.deeper(node, undefined, () => {
    if (rule !== undefined) rule(node as never, to);
    else if (!ts.isTypeNode(node)) throughChildren(node, to);
  });
};

const throughChildren = (node: ts.Node, to: Lowering): void => {
  node.forEachChild((child) => {
    if (ts.isStatement(child)) lowerStatement(child, to);
    else if (ts.isVariableDeclarationList(child)) lowerVariables(child, to);
    else if (ts.isCatchClause(child) || ts.isCaseBlock(child) || ts.isCaseOrDefaultClause(child)) throughChildren(child, to);
    else if (!ts.isIdentifier(child) || !ts.isLabeledStatement(node)) to.keep(lower(child as ts.Expression, to));
  });
};

/** What `const { a, b: c } = require('x')` or `const x = require('x')` binds. */
const boundNames = (name: ts.BindingName): ImportFact['names'] => {
  if (ts.isIdentifier(name)) return [{ imported: '*', local: name.text, typeOnly: false }];
  if (ts.isArrayBindingPattern(name)) return [];
  return name.elements.flatMap((element) => {
    const imported = element.propertyName ?? element.name;
    return ts.isIdentifier(imported) ? [{ imported: imported.text, local: ts.isIdentifier(element.name) ? element.name.text : imported.text, typeOnly: false }] : [];
  });
};

const isLoad = (node: ts.Expression): boolean =>
  ts.isAwaitExpression(node) ? isLoad(node.expression) : ts.isPropertyAccessExpression(node) ? isLoad(node.expression)
    : ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require'));

/** `require('x').name` binds `name`, whatever the variable is called. */
const loadedNames = (node: ts.VariableDeclaration): ImportFact['names'] | undefined => {
  if (node.initializer === undefined || !isLoad(node.initializer)) return undefined;
  const local = ts.isIdentifier(node.name) ? node.name.text : undefined;
  if (ts.isPropertyAccessExpression(node.initializer) && local !== undefined) return [{ imported: node.initializer.name.text, local, typeOnly: false }];
  return boundNames(node.name);
};

export const lowerVariables = (list: ts.VariableDeclarationList, to: Lowering): void => {
  for (const declaration of list.declarations) {
    const hint = ts.isIdentifier(declaration.name) ? declaration.name.text : undefined;
    const before = to.binding;
    to.binding = loadedNames(declaration);
    const { initializer } = declaration;
    const value = initializer === undefined ? undefined : to.named(hint, () => lower(initializer, to));
    to.binding = before;
    const type = lowerType(declaration.type, to);
    to.steps.push({
      kind: 'let', pattern: lowerPattern(declaration.name, to), line: to.line(declaration),
      ...(type === undefined ? {} : { type }), ...(value === undefined ? {} : { value }),
    });
  }
};

const variableStatement = (node: ts.VariableStatement, to: Lowering): void => {
  to.hasRuntimeCode = true;
  lowerVariables(node.declarationList, to);
  exportDeclared(node, node.declarationList.declarations.flatMap(({ name }) => boundNames(name).map(({ local }) => local)), to);
};

const declareFunction = (node: ts.FunctionDeclaration, to: Lowering): void => {
  to.hasRuntimeCode = true;
  if (node.body === undefined) return;
  const index = lowerFunction(node, to, {});
  const name = node.name?.text ?? 'default';
  to.steps.push({ kind: 'let', pattern: { kind: 'name', name }, value: { kind: 'function', index }, line: to.line(node) });
  exportDeclared(node, [name], to);
};

const declareClass = (node: ts.ClassDeclaration, to: Lowering): void => {
  to.hasRuntimeCode = true;
  const index = lowerClass(node, to);
  const name = node.name?.text ?? 'default';
  to.steps.push({ kind: 'let', pattern: { kind: 'name', name }, value: { kind: 'class', index }, line: to.line(node) });
  exportDeclared(node, [name], to);
};

/** An enum is an object of its constants. */
const declareEnum = (node: ts.EnumDeclaration, to: Lowering): void => {
  to.hasRuntimeCode = true;
  const properties = node.members.flatMap((member, position) => (ts.isComputedPropertyName(member.name) ? [] : [{
    name: member.name.text, value: member.initializer === undefined ? { kind: 'literal', value: position } as const : lower(member.initializer, to),
  }]));
  const value: Expr = { kind: 'object', properties, spreads: [], line: to.line(node) };
  to.steps.push({ kind: 'let', pattern: { kind: 'name', name: node.name.text }, value, line: to.line(node) });
  exportDeclared(node, [node.name.text], to);
};

const forEach = (keys: boolean) => (node: ts.ForOfStatement | ts.ForInStatement, to: Lowering): void => {
  const of = lower(node.expression, to);
  const declared = ts.isVariableDeclarationList(node.initializer) ? node.initializer.declarations[0]?.name : undefined;
  const pattern = declared === undefined ? { kind: 'array', items: [] } as const : lowerPattern(declared, to);
  const body = to.collect(() => { lowerStatement(node.statement, to); });
  to.steps.push({ kind: 'each', pattern, of, keys, body });
};

const STATEMENTS = new Map<ts.SyntaxKind, LowerStatement>([
  [ts.SyntaxKind.VariableStatement, variableStatement],
  [ts.SyntaxKind.FunctionDeclaration, declareFunction],
  [ts.SyntaxKind.ClassDeclaration, declareClass],
  [ts.SyntaxKind.EnumDeclaration, declareEnum],
  [ts.SyntaxKind.InterfaceDeclaration, (node: ts.InterfaceDeclaration, to: Lowering) => { lowerShape(node, to); exportDeclared(node, [node.name.text], to); }],
  [ts.SyntaxKind.TypeAliasDeclaration, (node: ts.TypeAliasDeclaration, to: Lowering) => { lowerShape(node, to); exportDeclared(node, [node.name.text], to); }],
  [ts.SyntaxKind.ImportDeclaration, lowerImport],
  [ts.SyntaxKind.ImportEqualsDeclaration, lowerImportEquals],
  [ts.SyntaxKind.ExportDeclaration, lowerExport],
  [ts.SyntaxKind.ExportAssignment, lowerExportAssignment],
  [ts.SyntaxKind.ForOfStatement, forEach(false)], [ts.SyntaxKind.ForInStatement, forEach(true)],
  [ts.SyntaxKind.ReturnStatement, (node: ts.ReturnStatement, to: Lowering) => {
    const { expression } = node;
    if (expression !== undefined) to.steps.push({ kind: 'return', value: to.named(undefined, () => lower(expression, to)) });
  }],
  [ts.SyntaxKind.ExpressionStatement, (node: ts.ExpressionStatement, to: Lowering) => {
    to.hasRuntimeCode = true;
    to.keep(lower(node.expression, to));
  }],
  [ts.SyntaxKind.ModuleDeclaration, (node: ts.ModuleDeclaration, to: Lowering) => {
    if (node.body !== undefined && ts.isModuleBlock(node.body)) to.statements(node.body.statements);
  }],
]);
