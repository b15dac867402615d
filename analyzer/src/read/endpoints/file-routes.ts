import type { EndpointFact } from '../../model/graph.ts';
import type { FileFacts } from '../parse/facts.ts';

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

/**
 * Endpoints whose path is where their file lies: `app/films/[id]/route.ts` and `pages/api/films.ts` of Next, `src/api/films/[id]/route.ts` of Medusa,
 * `routes/films/+server.ts` of SvelteKit.
 */
export const readFileRoutes = (files: readonly FileFacts[]): EndpointFact[] => {
  const usesNext = files.some(({ imports }) => imports.some(({ specifier }) => /^next(?:\/|$)/.test(specifier)));
  return files.flatMap((file) => [...exportedVerbs(file), ...(usesNext ? pageRoute(file) : [])]);
};

/** Where the paths begin, and which part of the folder's name belongs to them. */
const ROUTE_FILES: readonly RegExp[] = [
  /(?:^|.*\/)app\/(?<path>(?:.*\/)?)route\.[cm]?[jt]sx?$/, /(?:^|\/)src\/api\/(?<path>(?:.*\/)?)route\.[cm]?[jt]s$/, /(?:^|\/)routes\/(?<path>(?:.*\/)?)\+server\.[jt]s$/,
];

const exportedVerbs = (file: FileFacts): EndpointFact[] => {
  const folder = ROUTE_FILES.map((pattern) => pattern.exec(file.path)?.groups?.['path']).find((path) => path !== undefined);
  if (folder === undefined) return [];
  return file.exports.filter(({ name, typeOnly }) => METHODS.has(name) && !typeOnly).map(({ name, line, local }) => endpoint(file, name, folder, line, local ?? name));
};

const pageRoute = (file: FileFacts): EndpointFact[] => {
  const path = /(?:^|\/)pages\/(?<path>api\/.+)\.[cm]?[jt]sx?$/.exec(file.path)?.groups?.['path'];
  const handler = file.exports.find(({ name }) => name === 'default');
  return path === undefined || handler === undefined ? [] : [endpoint(file, 'ANY', path.replace(/(?:^|\/)index$/, ''), handler.line, handler.local ?? 'default')];
};

const endpoint = (file: FileFacts, method: string, folder: string, line: number, name: string): EndpointFact => ({
  method, path: `/${folder.split('/').flatMap(part).join('/')}`, module: file.path, handlers: [{ module: file.path, name }], framework: 'files', evidence: { file: file.path, line },
});

/** `[id]` is a parameter, `[...rest]` and `[[...rest]]` the rest; `(group)` and `@slot` are not part of the path. */
const part = (folder: string): string[] => {
  if (folder === '' || /^(?:\(.*\)|@.*)$/.test(folder)) return [];
  if (/^\[+\.\.\./.test(folder)) return ['*'];
  return [folder.replace(/^\[(.+)\]$/, ':$1')];
};
