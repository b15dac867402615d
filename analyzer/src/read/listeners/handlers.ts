import type { FunctionRef } from '../../model/graph.ts';
import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { projectPath } from '../interpret/paths.ts';
import { texts } from '../interpret/values.ts';
import { refName } from '../link/program.ts';
import type { Type } from '../link/type.ts';
import type { Types } from '../link/types.ts';
import type { FileFacts } from '../parse/facts.ts';
import type { Handed } from './passed.ts';

/** Which functions an expression stands for that was handed over to be called: itself, bound, wrapped, or the file a worker is to run. */
export const handlerRefs = (handed: Handed, types: Types, run: Interpreter): FunctionRef[] => {
  const { file, scope, expr } = handed;
  const inner = (of: Handed['expr']): FunctionRef[] => handlerRefs({ file, scope, expr: of }, types, run);
  switch (expr.kind) {
    case 'function': return [{ module: file.path, name: refName(file, expr.index) }];
    case 'either': return expr.of.flatMap(inner);
    case 'cast': case 'await': return inner(expr.of);
    case 'name': case 'member': return refsOf(types.of(file, scope, expr));
    case 'call': return expr.callee.kind === 'member' && expr.callee.name === 'bind' ? inner(expr.callee.of) : called(handed, inner, run);
    default: return [];
  }
};

const called = ({ file, scope, expr }: Handed, inner: (of: Handed['expr']) => FunctionRef[], run: Interpreter): FunctionRef[] => {
  const wrapped = expr.kind === 'call' ? expr.args.flatMap(inner) : [];
  return wrapped.length > 0 ? wrapped : texts(run.evaluate(expr, imaginedFrame(run, file, scope))).flatMap((path) => workerFile(projectPath(path), run));
};

/** `queue.process(path.resolve(__dirname, 'send.js'))`: what the file exports by default. */
const workerFile = (path: string | undefined, run: Interpreter): FunctionRef[] => {
  const file = [path, `${String(path)}.js`, `${String(path)}.ts`, path?.replace(/js$/, 'ts')].map((one) => run.program.files.get(one ?? '')).find((one) => one !== undefined);
  return file === undefined ? [] : defaultOf(file, run);
};

const defaultOf = (file: FileFacts, run: Interpreter): FunctionRef[] => {
  const value = run.exportValue(file, 'default');
  return [value.kind === 'function' ? { module: value.file.path, name: refName(value.file, value.index) } : { module: file.path, name: '(top)' }];
};

const refsOf = (type: Type | undefined): FunctionRef[] => (type?.kind === 'function' ? [{ module: type.file.path, name: refName(type.file, type.index) }] : type?.kind === 'all' ? type.of.slice(0, 1).flatMap(refsOf) : []);
