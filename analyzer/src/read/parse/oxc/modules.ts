import type { ExportAllDeclaration, ExportNamedDeclaration, Expression, ImportDeclaration, ModuleExportName, Span, TSImportEqualsDeclaration } from 'oxc-parser';
import type { ImportFact } from '../facts.ts';
import type { Walk } from './walk.ts';

const textOf = (name: ModuleExportName): string => (name.type === 'Literal' ? name.value : name.name);

export const lowerImport = (node: ImportDeclaration, to: Walk): void => {
  const typeOnly = node.importKind === 'type';
  const names = node.specifiers.map((specifier): ImportFact['names'][number] => {
    const local = specifier.local.name;
    if (specifier.type === 'ImportSpecifier') return { imported: textOf(specifier.imported), local, typeOnly: typeOnly || specifier.importKind === 'type' };
    return { imported: specifier.type === 'ImportDefaultSpecifier' ? 'default' : '*', local, typeOnly };
  });
  to.imports.push({ specifier: node.source.value, kind: 'import', typeOnly, names, line: to.line(node) });
};

/** @param start where the declaration begins: at `export`, if it is there. */
export const lowerImportEquals = (node: TSImportEqualsDeclaration, start: number, to: Walk): void => {
  if (node.moduleReference.type !== 'TSExternalModuleReference') return;
  const typeOnly = node.importKind === 'type';
  const names = [{ imported: '*', local: node.id.name, typeOnly }];
  to.imports.push({ specifier: node.moduleReference.expression.value, kind: 'require', typeOnly, names, line: to.lineAt(start) });
};

interface Exported { readonly name: string; readonly imported: string; readonly typeOnly: boolean }

/** `export { … }`, with or without `from`, and `export * from`. */
export const lowerExport = (node: ExportNamedDeclaration | ExportAllDeclaration, to: Walk): void => {
  const line = to.line(node);
  const typeOnly = node.exportKind === 'type';
  const exported = exportedNames(node, typeOnly);
  if (node.source === null) {
    for (const { name, imported, typeOnly: erased } of exported) {
      if (!erased) to.valueUses.add(imported);
      to.exports.push({ name, local: imported, typeOnly: erased, line });
    }
    return;
  }
  const from = node.source.value;
  for (const { name, imported, typeOnly: erased } of exported) to.exports.push({ name, from, imported, typeOnly: erased, line });
  to.hasRuntimeCode ||= !typeOnly;
  to.imports.push({ specifier: from, kind: 'export', typeOnly, line, names: exported.map(({ name, imported, typeOnly: erased }) => ({ imported, local: name, typeOnly: erased })) });
};

const exportedNames = (node: ExportNamedDeclaration | ExportAllDeclaration, typeOnly: boolean): Exported[] => {
  if (node.type === 'ExportAllDeclaration') return [{ name: node.exported === null ? '*' : textOf(node.exported), imported: '*', typeOnly }];
  return node.specifiers.map(({ local, exported, exportKind }) => ({ name: textOf(exported), imported: textOf(local), typeOnly: typeOnly || exportKind === 'type' }));
};

/** `export default x` and `export = x`. */
export const lowerExportedValue = (node: Span & { readonly type: string }, expression: Expression, to: Walk): void => {
  to.hasRuntimeCode = true;
  const value = to.named('default', () => to.expression(expression));
  const name = node.type === 'TSExportAssignment' ? '=' : 'default';
  to.exports.push({ name, ...(value.kind === 'name' ? { local: value.name } : { value }), typeOnly: false, line: to.line(node) });
  if (value.kind !== 'name') to.steps.push({ kind: 'let', pattern: { kind: 'name', name: '*default*' }, value, line: to.line(node) });
};

/** How a declaration is exported, and where the whole begins. */
export interface Export {
  readonly start: number;
  readonly as: 'nothing' | 'itself' | 'default';
}

/** Notes the names of a declaration that stands with `export`. */
export const exportDeclared = ({ start, as }: Export, names: readonly string[], typeOnly: boolean, to: Walk): void => {
  if (as === 'nothing' || to.current !== 0) return;
  for (const name of names) to.exports.push({ name: as === 'default' ? 'default' : name, local: name, typeOnly, line: to.lineAt(start) });
};
