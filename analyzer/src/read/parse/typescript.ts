import { ts } from 'ts-morph';
import type { FileFacts, ParseFile } from './facts.ts';
import { lower } from './lower-expressions.ts';
import { lowerStatement } from './lower-statements.ts';
import { Lowering } from './lowering.ts';

const KINDS: Readonly<Record<string, ts.ScriptKind>> = {
  '.ts': ts.ScriptKind.TS, '.mts': ts.ScriptKind.TS, '.cts': ts.ScriptKind.TS, '.tsx': ts.ScriptKind.TSX,
  // JSX in .js files is common; the JSX grammar only takes `<T>x` casts away, which JavaScript does not have.
  '.js': ts.ScriptKind.JSX, '.mjs': ts.ScriptKind.JSX, '.cjs': ts.ScriptKind.JSX, '.jsx': ts.ScriptKind.JSX,
};

/** The parser of TypeScript itself, syntax only: no program, no type checker, one walk. Code nested too deeply for the parser has no facts but this one. */
export const parseTypeScript: ParseFile = (path, text) => {
  try {
    return parsed(path, text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ...parsed(path, ''), lines: text.split('\n').length, cutAt: [0] };
  }
};

const parsed: ParseFile = (path, text) => {
  const file = ts.createSourceFile(path, text, {
    languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
  }, false, KINDS[path.slice(path.lastIndexOf('.'))] ?? ts.ScriptKind.TS);
  const to = new Lowering(file, { expression: lower, statement: lowerStatement });
  to.openFunction({ name: '(top)', anonymous: false, line: 1, parent: -1, owner: -1, parameters: [], decorators: [], arrow: false }, () => {
    to.statements(file.statements);
  });
  return factsOf(path, file, to);
};

const factsOf = (path: string, file: ts.SourceFile, to: Lowering): FileFacts => ({
  path, lines: file.getLineStarts().length, functions: to.functions, classes: to.classes, shapes: to.shapes, imports: to.imports,
  exports: to.exports, opaqueImports: to.opaqueImports, valueUses: to.valueUses, decoratedTypes: to.decoratedTypes,
  typesOnly: !to.hasRuntimeCode && to.shapes.size > 0, syntaxErrors: syntaxErrors(file, to), cutAt: to.cutAt,
});

const syntaxErrors = (file: ts.SourceFile, to: Lowering): FileFacts['syntaxErrors'] => {
  const { parseDiagnostics } = file as unknown as { parseDiagnostics?: readonly ts.DiagnosticWithLocation[] };
  return (parseDiagnostics ?? []).slice(0, 1).map(({ messageText, start }) => ({
    message: ts.flattenDiagnosticMessageText(messageText, ' '), line: to.file.getLineAndCharacterOfPosition(start).line + 1,
  }));
};
