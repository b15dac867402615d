import type { BindingPattern, BreakStatement, Class, ContinueStatement, Declaration, Directive, ExportDefaultDeclaration, ForInStatement, ForOfStatement, ForStatement, Function as FunctionNode, Statement, TryStatement, TSEnumDeclaration, VariableDeclaration, VariableDeclarator } from 'oxc-parser';
import type { ImportFact } from '../facts.ts';
import { isLoad } from './calls.ts';
import { caught } from './caught.ts';
import { lowerClass } from './classes.ts';
import { lowerFunction, lowerPattern, startOf } from './functions.ts';
import { exportDeclared, lowerExport, lowerExportedValue, lowerImport, lowerImportEquals, type Export } from './modules.ts';
import { annotated, lowerShape } from './types.ts';
import { memberName, unchained, type Walk } from './walk.ts';

type Lowered = Statement | Directive;
type Rules = { readonly [K in Lowered['type']]?: (node: Extract<Lowered, { type: K }>, to: Walk) => void };

export const lowerStatement = (node: Lowered, to: Walk): void => {
  to.enter();
  if (isDeclaration(node)) declare(node, { start: beginning(node, node.start), as: 'nothing' }, to);
  else (RULES[node.type] as ((node: Lowered, to: Walk) => void) | undefined)?.(node, to);
  to.leave();
};

const DECLARATIONS: ReadonlySet<string> = new Set(['VariableDeclaration', 'FunctionDeclaration', 'TSDeclareFunction', 'ClassDeclaration', 'TSEnumDeclaration', 'TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'TSModuleDeclaration', 'TSImportEqualsDeclaration']);
const isDeclaration = (node: Lowered): node is Declaration => DECLARATIONS.has(node.type);

const beginning = (node: Declaration, start: number): number => Math.min(start, node.type === 'ClassDeclaration' ? startOf(node, node.decorators) : node.start);

const declare = (node: Declaration, exported: Export, to: Walk): void => {
  switch (node.type) {
    case 'VariableDeclaration':
      declareVariables(node, exported, to);
      break;
    case 'TSEnumDeclaration':
      declareEnum(node, exported, to);
      break;
    case 'TSInterfaceDeclaration': case 'TSTypeAliasDeclaration':
      lowerShape(node, to);
      exportDeclared(exported, [node.id.name], true, to);
      break;
    case 'TSModuleDeclaration':
      if (node.id.type !== 'TSQualifiedName') to.statements(node.body?.body ?? []);
      break;
    case 'TSImportEqualsDeclaration':
      lowerImportEquals(node, exported.start, to);
      break;
    default:
      declareCode(node, exported, to);
  }
};

const declareCode = (node: Class | FunctionNode, exported: Export, to: Walk): void => {
  if ('superClass' in node) declareClass(node, exported, to);
  else declareFunction(node, exported, to);
};

const declareVariables = (node: VariableDeclaration, exported: Export, to: Walk): void => {
  to.hasRuntimeCode = true;
  lowerVariables(node, to);
  exportDeclared(exported, node.declarations.flatMap(({ id }) => boundNames(id).map(({ local }) => local)), false, to);
};

const exportDefault = (node: ExportDefaultDeclaration, to: Walk): void => {
  const { declaration } = node;
  if (declaration.type === 'ClassDeclaration') declareClass(declaration, { start: beginning(declaration, node.start), as: 'default' }, to);
  else if (declaration.type === 'FunctionDeclaration' || declaration.type === 'TSDeclareFunction') declareFunction(declaration, { start: node.start, as: 'default' }, to);
  else if (declaration.type === 'TSInterfaceDeclaration') declare(declaration, { start: node.start, as: 'default' }, to);
  else lowerExportedValue(node, declaration, to);
};

const declareFunction = (node: FunctionNode, exported: Export, to: Walk): void => {
  to.hasRuntimeCode = true;
  if (node.body === null) return;
  const index = lowerFunction(node, { start: exported.start, name: node.id?.name }, to);
  const name = node.id?.name ?? 'default';
  to.steps.push({ kind: 'let', pattern: { kind: 'name', name }, value: { kind: 'function', index }, line: to.lineAt(exported.start) });
  exportDeclared(exported, [name], false, to);
};

const declareClass = (node: Class, exported: Export, to: Walk): void => {
  to.hasRuntimeCode = true;
  const index = lowerClass(node, exported.start, to);
  const name = node.id?.name ?? 'default';
  to.steps.push({ kind: 'let', pattern: { kind: 'name', name }, value: { kind: 'class', index }, line: to.lineAt(exported.start) });
  exportDeclared(exported, [name], false, to);
};

/** An enum is an object of its constants. */
const declareEnum = (node: TSEnumDeclaration, exported: Export, to: Walk): void => {
  to.hasRuntimeCode = true;
  const properties = node.body.members.flatMap(({ id, initializer, computed }, position) => (computed || id.type === 'TemplateLiteral' ? [] : [{
    name: id.type === 'Literal' ? id.value : id.name, value: initializer === null ? { kind: 'literal', value: position } as const : to.expression(initializer),
  }]));
  const line = to.lineAt(exported.start);
  to.steps.push({ kind: 'let', pattern: { kind: 'name', name: node.id.name }, value: { kind: 'object', properties, spreads: [], line }, line });
  exportDeclared(exported, [node.id.name], false, to);
};

/** What `const { a, b: c } = require('x')` or `const x = require('x')` binds. */
const boundNames = (given: BindingPattern): ImportFact['names'] => {
  const name = bare(given);
  if (name.type === 'Identifier') return [{ imported: '*', local: name.name, typeOnly: false }];
  if (name.type === 'ArrayPattern') return [];
  return name.properties.flatMap((property) => {
    const value = property.type === 'RestElement' ? property.argument : bare(property.value);
    const imported = property.type === 'RestElement' || property.shorthand ? value : property.computed ? undefined : property.key;
    return imported?.type === 'Identifier' ? [{ imported: imported.name, local: value.type === 'Identifier' ? value.name : imported.name, typeOnly: false }] : [];
  });
};

const bare = (pattern: BindingPattern): Exclude<BindingPattern, { type: 'AssignmentPattern' }> => (pattern.type === 'AssignmentPattern' ? bare(pattern.left) : pattern);

/** `require('x').name` binds `name`, whatever the variable is called. */
const loadedNames = ({ id, init }: VariableDeclarator): ImportFact['names'] | undefined => {
  if (init === null || !isLoad(init)) return undefined;
  const loaded = unchained(init);
  if (loaded.type === 'MemberExpression' && !loaded.computed && id.type === 'Identifier') return [{ imported: memberName(loaded.property), local: id.name, typeOnly: false }];
  return boundNames(id);
};

const lowerVariables = (node: VariableDeclaration, to: Walk): void => {
  for (const declaration of node.declarations) {
    const { id, init } = declaration;
    const before = to.binding;
    to.binding = loadedNames(declaration);
    const value = init === null ? undefined : to.named(id.type === 'Identifier' ? id.name : undefined, () => to.expression(init));
    to.binding = before;
    const type = annotated(bare(id).typeAnnotation, to);
    to.steps.push({ kind: 'let', pattern: lowerPattern(id, to), line: to.line(declaration), ...(type === undefined ? {} : { type }), ...(value === undefined ? {} : { value }) });
  }
};

const forEach = (node: ForInStatement | ForOfStatement, to: Walk): void => {
  const of = to.expression(node.right);
  const declared = node.left.type === 'VariableDeclaration' ? node.left.declarations[0]?.id : undefined;
  const pattern = declared === undefined ? { kind: 'array', items: [] } as const : lowerPattern(declared, to);
  const body = to.collect(() => { lowerStatement(node.body, to); });
  to.steps.push({ kind: 'each', pattern, of, keys: node.type === 'ForInStatement', body });
};

const tried = ({ block, handler, finalizer }: TryStatement, to: Walk): void => {
  lowerStatement(block, to);
  if (handler !== null && handler.param !== null) to.keep(caught(handler.param, to));
  to.statements([handler?.body ?? null, finalizer].filter((part) => part !== null));
};

const counted = ({ init, test, update, body }: ForStatement, to: Walk): void => {
  if (init?.type === 'VariableDeclaration') lowerVariables(init, to);
  else if (init !== null) to.keep(to.expression(init));
  for (const part of [test, update]) if (part !== null) to.keep(to.expression(part));
  lowerStatement(body, to);
};

const jump = ({ label }: BreakStatement | ContinueStatement, to: Walk): void => {
  if (label !== null) to.valueUses.add(label.name);
};

/** All but declarations. What steers others is walked through in the order of the text: its conditions and its blocks. */
const RULES: Rules = {
  ExpressionStatement: (node, to) => {
    to.hasRuntimeCode = true;
    to.keep(to.expression(node.expression));
  },
  ReturnStatement: ({ argument }, to) => {
    if (argument !== null) to.steps.push({ kind: 'return', value: to.named(undefined, () => to.expression(argument)) });
  },
  ImportDeclaration: lowerImport,
  ExportNamedDeclaration: (node, to) => {
    if (node.declaration === null) lowerExport(node, to);
    else declare(node.declaration, { start: beginning(node.declaration, node.start), as: 'itself' }, to);
  },
  ExportAllDeclaration: lowerExport,
  ExportDefaultDeclaration: exportDefault,
  TSExportAssignment: (node, to) => { lowerExportedValue(node, node.expression, to); },
  TSNamespaceExportDeclaration: (node, to) => { to.valueUses.add(node.id.name); },
  BlockStatement: (node, to) => { to.statements(node.body); },
  IfStatement: (node, to) => {
    to.keep(to.expression(node.test));
    to.statements(node.alternate === null ? [node.consequent] : [node.consequent, node.alternate]);
  },
  ForOfStatement: forEach, ForInStatement: forEach, ForStatement: counted,
  WhileStatement: (node, to) => {
    to.keep(to.expression(node.test));
    lowerStatement(node.body, to);
  },
  DoWhileStatement: (node, to) => {
    lowerStatement(node.body, to);
    to.keep(to.expression(node.test));
  },
  SwitchStatement: (node, to) => {
    to.keep(to.expression(node.discriminant));
    for (const { test, consequent } of node.cases) {
      if (test !== null) to.keep(to.expression(test));
      to.statements(consequent);
    }
  },
  TryStatement: tried,
  ThrowStatement: (node, to) => { to.keep(to.expression(node.argument)); },
  WithStatement: (node, to) => {
    to.keep(to.expression(node.object));
    lowerStatement(node.body, to);
  },
  LabeledStatement: (node, to) => { lowerStatement(node.body, to); },
  BreakStatement: jump, ContinueStatement: jump,
};
