import { StranglerError } from './errors.ts';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'ANY'] as const;
export type Method = (typeof METHODS)[number];

/** An endpoint as people say it: method, space, path with `:params` and a trailing `*`. */
export type EndpointPattern = `${Method} /${string}`;

/** A parsed endpoint. `GET /orders/:id` has the segments `orders` (literal) and `id` (param). */
export interface Endpoint {
  readonly method: Method;
  readonly segments: readonly Segment[];
}

export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest' };

/** Reads `GET /orders/:id` or `ANY /files/*`. @throws StranglerError STR_BAD_ENDPOINT, saying which part is wrong. */
export function parseEndpoint(text: string): Endpoint {
  const [method = '', path = '', ...more] = text.split(' ');
  if (!isMethod(method)) throw badEndpoint(text, `'${method}' is no method; one of ${METHODS.join(', ')} comes first`);
  if (more.length > 0 || !path.startsWith('/')) throw badEndpoint(text, 'after one space comes a path that starts with /');
  if (/[?#]/.test(path)) throw badEndpoint(text, 'a pattern names a path only, without ? or #');
  const parts = path === '/' ? [] : path.slice(1).split('/');
  return { method, segments: parts.map((part, index) => parseSegment(text, part, index === parts.length - 1)) };
}

export function printEndpoint({ method, segments }: Endpoint): EndpointPattern {
  return `${method} /${segments.map(printSegment).join('/')}`;
}

/** Methods that change nothing at the server (RFC 9110 §9.2.1). `ANY` may be anything, so it is not safe. */
export const isSafe = (method: Method): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

function parseSegment(text: string, part: string, last: boolean): Segment {
  if (part === '*') {
    if (!last) throw badEndpoint(text, '* stands for the rest of the path and must come last');
    return { kind: 'rest' };
  }
  if (part.startsWith(':')) {
    if (!/^:[A-Za-z_]\w*$/.test(part)) throw badEndpoint(text, `'${part}' is no parameter; write :name`);
    return { kind: 'param', name: part.slice(1) };
  }
  if (part === '' && !last) throw badEndpoint(text, 'the path has an empty segment');
  return { kind: 'literal', text: part };
}

function printSegment(segment: Segment): string {
  switch (segment.kind) {
    case 'literal': return segment.text;
    case 'param': return `:${segment.name}`;
    case 'rest': return '*';
  }
}

const isMethod = (text: string): text is Method => (METHODS as readonly string[]).includes(text);

const badEndpoint = (text: string, why: string): StranglerError => new StranglerError({
  code: 'STR_BAD_ENDPOINT',
  message: `'${text}' is no endpoint: ${why}.`,
  remedy: 'Write it as people say it: `GET /orders/:id`, `POST /orders`, `ANY /files/*`.',
});
