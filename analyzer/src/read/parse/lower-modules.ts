import { ts } from 'ts-morph';
import type { Lowering } from './lowering.ts';

const specifierOf = (node: ts.Expression | undefined): string | undefined => (node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined);

export const lowerImport = (node: ts.ImportDeclaration, to: Lowering): void => {
  const specifier = specifierOf(node.moduleSpecifier);
  if (specifier === undefined) return;
  const { importClause } = node;
  to.imports.push({
    specifier, kind: 'import', typeOnly: isErased(importClause), names: importClause === undefined ? [] : importedNames(importClause), line: to.line(node),
  });
};

const isErased = (clause: ts.ImportClause | undefined): boolean => clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

const importedNames = (clause: ts.ImportClause): { imported: string; local: string; typeOnly: boolean }[] => {
  const first = clause.name === undefined ? [] : [{ imported: 'default', local: clause.name.text, typeOnly: isErased(clause) }];
  const { namedBindings } = clause;
  if (namedBindings === undefined) return first;
  if (ts.isNamespaceImport(namedBindings)) return [...first, { imported: '*', local: namedBindings.name.text, typeOnly: isErased(clause) }];
  return [...first, ...namedBindings.elements.map((element) => ({
    imported: (element.propertyName ?? element.name).text, local: element.name.text, typeOnly: isErased(clause) || element.isTypeOnly,
  }))];
};

export const lowerImportEquals = (node: ts.ImportEqualsDeclaration, to: Lowering): void => {
  if (!ts.isExternalModuleReference(node.moduleReference)) return;
  const specifier = specifierOf(node.moduleReference.expression);
  if (specifier === undefined) return;
  to.imports.push({ specifier, kind: 'require', typeOnly: node.isTypeOnly, names: [{ imported: '*', local: node.name.text, typeOnly: node.isTypeOnly }], line: to.line(node) });
};

export const lowerExport = (node: ts.ExportDeclaration, to: Lowering): void => {
  const from = specifierOf(node.moduleSpecifier);
  const line = to.line(node);
  const exported = exportedNames(node);
  for (const { name, imported, typeOnly } of exported) {
    if (from === undefined) {
      if (!typeOnly) to.valueUses.add(imported);
      to.exports.push({ name, local: imported, typeOnly, line });
    } else {
      to.exports.push({ name, from, imported, typeOnly, line });
    }
  }
  if (from === undefined) return;
  to.hasRuntimeCode ||= !node.isTypeOnly;
  to.imports.push({
    specifier: from, kind: 'export', typeOnly: node.isTypeOnly, line,
    names: exported.map(({ name, imported, typeOnly }) => ({ imported, local: name, typeOnly })),
  });
};

const exportedNames = (node: ts.ExportDeclaration): { name: string; imported: string; typeOnly: boolean }[] => {
  const { exportClause, isTypeOnly } = node;
  if (exportClause === undefined) return [{ name: '*', imported: '*', typeOnly: isTypeOnly }];
  if (ts.isNamespaceExport(exportClause)) return [{ name: exportClause.name.text, imported: '*', typeOnly: isTypeOnly }];
  return exportClause.elements.map((element) => ({
    name: element.name.text, imported: (element.propertyName ?? element.name).text, typeOnly: isTypeOnly || element.isTypeOnly,
  }));
};

/** `export default x` and `export = x`. */
export const lowerExportAssignment = (node: ts.ExportAssignment, to: Lowering): void => {
  to.hasRuntimeCode = true;
  const value = to.named('default', () => to.expression(node.expression));
  const name = node.isExportEquals === true ? '=' : 'default';
  to.exports.push({ name, ...(value.kind === 'name' ? { local: value.name } : { value }), typeOnly: false, line: to.line(node) });
  if (value.kind !== 'name') to.steps.push({ kind: 'let', pattern: { kind: 'name', name: '*default*' }, value, line: to.line(node) });
};

/** Notes the names of a declaration that stands with `export`. */
export const exportDeclared = (node: ts.Node, names: readonly string[], to: Lowering): void => {
  if (!ts.canHaveModifiers(node) || to.current !== 0) return;
  const kinds = new Set(ts.getModifiers(node)?.map(({ kind }) => kind));
  if (!kinds.has(ts.SyntaxKind.ExportKeyword)) return;
  const typeOnly = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  for (const name of names) {
    to.exports.push({ name: kinds.has(ts.SyntaxKind.DefaultKeyword) ? 'default' : name, local: name, typeOnly, line: to.line(node) });
  }
};
