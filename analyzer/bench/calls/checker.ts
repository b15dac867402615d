import { join, relative } from 'node:path';
import ts from 'typescript';
import type { FileFacts } from '../../src/read/parse/facts.ts';
import { aliased, Heirs } from './heirs.ts';
import { functionNames, isFunction } from './names.ts';
import { programOf } from './program.ts';

/** A call as the type checker sees it, between functions as the model names them. */
export interface CheckedCall {
  /** `module#function`. */
  readonly from: string;
  /**
   * `known`: leads to functions of this project. `declared`: to a member that others implement. `elsewhere`: to a package or the runtime.
   * `value`: to something of this project that has a function type, whatever it holds. `blind`: the type is any.
   */
  readonly sees: 'known' | 'declared' | 'elsewhere' | 'value' | 'blind';
  /** What it may lead to, `module#function`; for `declared` the implementations. */
  readonly to: readonly string[];
  /** The last name of the callee as written: `place` of `this.orders.place()`. */
  readonly name: string;
  readonly form: string;
  readonly file: string;
  readonly line: number;
}

type Seen = Pick<CheckedCall, 'sees' | 'to'>;
type Call = ts.CallExpression | ts.NewExpression;

/** Reads calls and constructions of a system with TypeScript's type checker; decorators, which run at load, and templates are left out. */
export class Checker {
  private readonly root: string;
  private readonly checker: ts.TypeChecker;
  private readonly program: ts.Program;
  private readonly facts: ReadonlyMap<string, FileFacts>;
  private readonly names: ReadonlyMap<ts.Node, string>;
  private readonly heirs: Heirs;

  /** @param facts By path below `root`: the files to see, with our names for their functions. */
  constructor(root: string, facts: ReadonlyMap<string, FileFacts>) {
    this.root = root;
    this.facts = facts;
    this.program = programOf([...facts.keys()].map((path) => join(root, path)));
    this.checker = this.program.getTypeChecker();
    const files = [...facts].flatMap(([path, fact]) => {
      const file = this.source(path);
      return file === undefined ? [] : [{ file, fact }];
    });
    this.names = new Map(files.flatMap(({ file, fact }) => [...functionNames(file, fact)]));
    this.heirs = new Heirs(this.checker, files.map(({ file }) => file));
  }

  private source(path: string): ts.SourceFile | undefined {
    return this.program.getSourceFile(join(this.root, path));
  }

  calls(path: string): CheckedCall[] {
    const file = this.source(path);
    const found: CheckedCall[] = [];
    if (file === undefined) return found;
    const visit = (node: ts.Node, loading: boolean): void => {
      if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && !loading) found.push(this.read(node, file, path));
      // Functions written into a decorator are called later, as others are.
      ts.forEachChild(node, (child) => { visit(child, ts.isDecorator(child) || (loading && !isFunction(child))); });
    };
    visit(file, false);
    return found;
  }

  private read(node: Call, file: ts.SourceFile, path: string): CheckedCall {
    const callee = bare(node.expression);
    return { ...this.seen(node, callee), from: this.callerOf(node, path), name: ts.isNewExpression(node) ? 'constructor' : nameOf(callee), form: formOf(node, callee), file: path, line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1 };
  }

  private callerOf(node: ts.Node, path: string): string {
    let at = node.parent;
    while (!ts.isSourceFile(at)) {
      const name = this.names.get(at);
      if (name !== undefined) return name;
      at = at.parent;
    }
    return `${path}#(top)`;
  }

  private seen(node: Call, callee: ts.Expression): Seen {
    const isAny = (this.checker.getTypeAtLocation(callee).flags & ts.TypeFlags.Any) !== 0;
    if (isAny) return { sees: 'blind', to: [] };
    return ts.isNewExpression(node) || callee.kind === ts.SyntaxKind.SuperKeyword ? this.constructed(callee) : this.called(node, callee);
  }

  private called(node: Call, callee: ts.Expression): Seen {
    const declarations = [this.checker.getResolvedSignature(node)?.declaration, ...(this.symbolOf(callee)?.declarations ?? [])].filter((one) => one !== undefined);
    const to = new Set(declarations.flatMap((one) => this.bodyOf(one) ?? []));
    if (to.size > 0) return { sees: 'known', to: [...to] };
    const implementations = new Set(declarations.flatMap((one) => this.implementations(one)));
    if (implementations.size > 0) return { sees: 'declared', to: [...implementations] };
    return { sees: declarations.some((one) => this.pathOf(one) !== undefined) ? 'value' : 'elsewhere', to: [] };
  }

  private symbolOf(callee: ts.Expression): ts.Symbol | undefined {
    return aliased(this.checker, this.checker.getSymbolAtLocation(ts.isPropertyAccessExpression(callee) ? callee.name : callee));
  }

  private constructed(callee: ts.Expression): Seen {
    const symbol = callee.kind === ts.SyntaxKind.SuperKeyword ? this.checker.getTypeAtLocation(callee).symbol : this.symbolOf(callee);
    const made = symbol?.declarations?.find((one): one is ts.ClassLikeDeclaration => ts.isClassLike(one));
    const name = made === undefined ? undefined : this.constructorOf(made);
    return name === undefined ? { sees: 'elsewhere', to: [] } : { sees: 'known', to: [name] };
  }

  private constructorOf(made: ts.ClassLikeDeclaration): string | undefined {
    const path = this.pathOf(made);
    const own = made.members.find((member) => ts.isConstructorDeclaration(member) && member.body !== undefined);
    const name = own === undefined ? undefined : this.names.get(own);
    return path === undefined ? undefined : name ?? `${path}#${made.name?.text ?? 'default'}.constructor`;
  }

  private pathOf(node: ts.Node): string | undefined {
    const path = relative(this.root, node.getSourceFile().fileName);
    return this.facts.has(path) ? path : undefined;
  }

  /** The function a declaration is, or whose overload it is, or that a name or property was given when it was declared. */
  private bodyOf(declaration: ts.Node): string | undefined {
    if (isFunction(declaration)) return this.names.get(declaration);
    const given = isGiven(declaration) ? declaration.initializer : undefined;
    if (given !== undefined) return this.names.get(bare(given));
    return ts.isFunctionDeclaration(declaration) || ts.isMethodDeclaration(declaration) ? this.overloaded(declaration.name) : undefined;
  }

  private overloaded(name: ts.Node | undefined): string | undefined {
    const symbol = name === undefined ? undefined : this.checker.getSymbolAtLocation(name);
    return symbol?.declarations?.filter(isFunction).flatMap((one) => this.names.get(one) ?? [])[0];
  }

  /** Methods of classes that implement the interface, or extend the abstract class, whose member this is; at any distance. */
  private implementations(declaration: ts.Node): string[] {
    const { name } = declaration as Partial<ts.MethodSignature>;
    const parent = declaration.parent as ts.Node | undefined;
    const above = parent !== undefined && (ts.isInterfaceDeclaration(parent) || ts.isClassLike(parent)) ? parent.name : undefined;
    const symbol = above === undefined ? undefined : this.checker.getSymbolAtLocation(above);
    if (symbol === undefined || name === undefined || !ts.isIdentifier(name)) return [];
    return this.heirs.classesBelow(symbol).flatMap((heir) => this.memberOf(heir, name.text) ?? []);
  }

  /** Its own or an inherited one. */
  private memberOf(heir: ts.ClassLikeDeclaration, name: string): string | undefined {
    const declarations = this.checker.getTypeAtLocation(heir).getProperty(name)?.declarations ?? [];
    return declarations.flatMap((one) => this.bodyOf(one) ?? [])[0];
  }
}

const isGiven = (node: ts.Node): node is ts.VariableDeclaration | ts.PropertyAssignment | ts.PropertyDeclaration => ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node);

/** Without parentheses, casts and `!`. */
const bare = (node: ts.Expression): ts.Expression => (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node) || ts.isSatisfiesExpression(node) ? bare(node.expression) : node);

const nameOf = (callee: ts.Expression): string => {
  if (callee.kind === ts.SyntaxKind.SuperKeyword) return 'constructor';
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : '';
};

const formOf = (node: Call, callee: ts.Expression): string => {
  if (ts.isNewExpression(node)) return 'new X()';
  if (callee.kind === ts.SyntaxKind.SuperKeyword) return 'super()';
  if (ts.isIdentifier(callee)) return 'f()';
  return ts.isPropertyAccessExpression(callee) ? receiverForm(callee.expression) : 'x[y]()';
};

const receiverForm = (of: ts.Expression): string => {
  if (of.kind === ts.SyntaxKind.ThisKeyword) return 'this.f()';
  if (of.kind === ts.SyntaxKind.SuperKeyword) return 'super.f()';
  if (ts.isPropertyAccessExpression(of) && of.expression.kind === ts.SyntaxKind.ThisKeyword) return 'this.x.f()';
  return ts.isIdentifier(of) ? 'x.f()' : ts.isCallExpression(of) || ts.isNewExpression(of) || ts.isAwaitExpression(of) ? 'f().g()' : 'x.y.f()';
};
