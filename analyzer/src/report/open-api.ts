import type { ServiceCandidate } from '../propose/analysis.ts';

const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/** What is known of a context's HTTP API, as OpenAPI 3: paths, methods, path parameters. Bodies and answers are not read. Undefined when it answers none. */
export function openApi({ name, endpoints }: ServiceCandidate): string | undefined {
  const paths = new Map<string, Record<string, unknown>>();
  for (const endpoint of endpoints) {
    const { path, parameters } = template(endpoint.slice(endpoint.indexOf(' ') + 1));
    const method = endpoint.slice(0, endpoint.indexOf(' '));
    const methods = method === 'ANY' ? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] : [method];
    for (const each of methods) if (METHODS.has(each)) {
      const operation = { ...(parameters.length === 0 ? {} : { parameters: parameters.map((parameter) => ({ name: parameter, in: 'path', required: true, schema: { type: 'string' } })) }), responses: { default: { description: 'Not read from source.' } } };
      paths.set(path, { ...paths.get(path), [each.toLowerCase()]: operation });
    }
  }
  return paths.size === 0 ? undefined : JSON.stringify({ openapi: '3.0.3', info: { title: name, version: '0.0.0' }, paths: Object.fromEntries(paths) }, null, 2);
}

/** `/orders/:id(\\d+)?` → `/orders/{id}`; what is no parameter stays, an asterisk becomes one. */
function template(pattern: string): { path: string; parameters: string[] } {
  const parameters: string[] = [];
  const path = pattern.replace(/:([A-Za-z_]\w*)(?:\([^)]*\))?[?*+]?|\*(\w*)/g, (_whole, named: string | undefined, rest: string | undefined) => {
    const parameter = named ?? (rest === undefined || rest === '' ? 'rest' : rest);
    if (!parameters.includes(parameter)) parameters.push(parameter);
    return `{${parameter}}`;
  });
  return { path: path.startsWith('/') ? path : `/${path}`, parameters };
}
