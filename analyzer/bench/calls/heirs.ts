import ts from 'typescript';

type Heir = ts.ClassLikeDeclaration | ts.InterfaceDeclaration;

/** The symbol itself, where a name was imported or exported under another. */
export const aliased = (checker: ts.TypeChecker, symbol: ts.Symbol | undefined): ts.Symbol | undefined =>
  (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol);

/** Who implements or extends whom, at any distance. */
export class Heirs {
  private readonly checker: ts.TypeChecker;
  private readonly direct = new Map<ts.Symbol, Heir[]>();

  constructor(checker: ts.TypeChecker, files: readonly ts.SourceFile[]) {
    this.checker = checker;
    const visit = (node: ts.Node): void => {
      if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node)) this.note(node);
      ts.forEachChild(node, visit);
    };
    for (const file of files) visit(file);
  }

  private note(node: Heir): void {
    for (const { expression } of (node.heritageClauses ?? []).flatMap(({ types }) => [...types])) {
      const above = aliased(this.checker, this.checker.getSymbolAtLocation(expression));
      if (above !== undefined) this.direct.set(above, [...(this.direct.get(above) ?? []), node]);
    }
  }

  classesBelow(symbol: ts.Symbol, seen = new Set<ts.Symbol>()): ts.ClassLikeDeclaration[] {
    if (seen.has(symbol)) return [];
    seen.add(symbol);
    const below = this.direct.get(symbol) ?? [];
    const further = below.flatMap((heir) => (heir.name === undefined ? [] : this.checker.getSymbolAtLocation(heir.name) ?? []));
    return [...below.filter((heir): heir is ts.ClassLikeDeclaration => ts.isClassLike(heir)), ...further.flatMap((one) => this.classesBelow(one, seen))];
  }
}
