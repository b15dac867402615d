import { parseSync } from 'oxc-parser';
import type { ModulePath } from '../../model/evidence.ts';
import type { FileFacts } from './facts.ts';
import { nestingBound } from './nesting.ts';
import { lower } from './oxc/expressions.ts';
import { lowerStatement } from './oxc/statements.ts';
import { TooDeep, Walk } from './oxc/walk.ts';

type Language = 'ts' | 'tsx' | 'jsx' | 'dts';

/** JSX in .js files is common; the JSX grammar only takes `<T>x` casts away, which JavaScript does not have. */
const languageOf = (path: string): Language => {
  if (/\.d\.[cm]?ts$/.test(path)) return 'dts';
  if (path.endsWith('.tsx')) return 'tsx';
  return /\.[cm]?ts$/.test(path) ? 'ts' : 'jsx';
};

/**
 * The parser of the oxc project: native, several times as fast as TypeScript's, and stricter. Undefined where it gives up: broken syntax, which another
 * parser may read around, and code nested deeper than people write, which would overflow its stack and take the process with it.
 */
export const parseWithOxc = (path: ModulePath, text: string): FileFacts | undefined => {
  if (nestingBound(text) > MOST_NESTING) return undefined;
  const lang = languageOf(path);
  const parsed = parseSync(path, text, { lang, sourceType: lang === 'jsx' ? 'unambiguous' : 'module' });
  if (parsed.errors.length > 0) return undefined;
  const to = new Walk(text, { expression: lower, statement: lowerStatement });
  try {
    to.openFunction({ name: '(top)', anonymous: false, line: 1, parent: -1, owner: -1, parameters: [], decorators: [], arrow: false }, () => { to.statements(parsed.program.body); });
  } catch (error) {
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
  return factsOf(path, to);
};

/** A stack of 8 MB overflows at some 4,000 levels of the most expensive syntax, one of 1 MB at 500. */
const MOST_NESTING = 500;

const factsOf = (path: string, to: Walk): FileFacts => ({
  path, lines: to.lineStarts.length, functions: to.functions, classes: to.classes, shapes: to.shapes, imports: to.imports, exports: to.exports,
  opaqueImports: to.opaqueImports, valueUses: to.valueUses, decoratedTypes: to.decoratedTypes, typesOnly: !to.hasRuntimeCode && to.shapes.size > 0, syntaxErrors: [], cutAt: [],
});
