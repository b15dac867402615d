import { compareText } from '../../model/evidence.ts';
import type { EndpointFact } from '../../model/graph.ts';

/** A request as a log or a span tells it: `/orders/7?page=2`, or the route's own pattern. */
export interface Request {
  readonly method: string;
  readonly path: string;
}

type Segment = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'param' } | { readonly kind: 'rest' };

interface Pattern {
  readonly id: string;
  readonly method: string;
  readonly segments: readonly Segment[];
}

interface Branch {
  readonly literals: Map<string, Branch>;
  param?: Branch;
  readonly rests: Pattern[];
  readonly ends: Pattern[];
}

/** Paths remembered: a log asks for the same ones again and again. */
const REMEMBERED = 50_000;

/** Finds the endpoint that answers a request: of several the most specific one, literal before parameter before rest, segment by segment. */
export class Matcher {
  readonly #root: Branch = branch();
  readonly #patterns = new Map<string, string>();
  readonly #known = new Map<string, string | undefined>();

  constructor(endpoints: readonly Pick<EndpointFact, 'method' | 'path'>[]) {
    for (const { method, path } of [...endpoints].sort((a, b) => compareText(a.path, b.path) || compareText(a.method, b.method))) {
      if (!path.startsWith('/')) continue;
      const pattern: Pattern = { id: `${method} ${path}`, method, segments: split(path).map(segmentOf) };
      this.#patterns.set(keyOf(method, path), this.#patterns.get(keyOf(method, path)) ?? pattern.id);
      this.#grow(pattern);
    }
  }

  /** Undefined when no endpoint of the source answers it. */
  find({ method, path }: Request): string | undefined {
    const asked = `${method.toUpperCase()} ${path}`;
    if (this.#known.has(asked)) return this.#known.get(asked);
    const found = this.#look(method.toUpperCase(), path);
    if (this.#known.size < REMEMBERED) this.#known.set(asked, found);
    return found;
  }

  #look(method: string, path: string): string | undefined {
    const plain = path.replace(/[?#].*$/, '').replace(/\/{2,}/g, '/');
    // A span names the route by its pattern, whatever its parameters are called.
    const own = this.#patterns.get(keyOf(method, plain));
    if (own !== undefined) return own;
    const parts = split(plain);
    return walk(this.#root, parts, 0, method) ?? (method === 'HEAD' ? walk(this.#root, parts, 0, 'GET') : undefined);
  }

  #grow(pattern: Pattern): void {
    let at = this.#root;
    for (const segment of pattern.segments) {
      if (segment.kind === 'rest') {
        at.rests.push(pattern);
        return;
      }
      if (segment.kind === 'param') at = at.param ??= branch();
      else {
        const next = at.literals.get(segment.text) ?? branch();
        at.literals.set(segment.text, next);
        at = next;
      }
    }
    at.ends.push(pattern);
  }
}

const branch = (): Branch => ({ literals: new Map(), rests: [], ends: [] });

function walk(at: Branch, parts: readonly string[], depth: number, method: string): string | undefined {
  const part = parts[depth];
  if (part === undefined) return answering(at.ends, method) ?? answering(at.rests, method);
  const literal = at.literals.get(part.toLowerCase());
  const found = (literal === undefined ? undefined : walk(literal, parts, depth + 1, method)) ?? (at.param === undefined ? undefined : walk(at.param, parts, depth + 1, method));
  return found ?? answering(at.rests, method);
}

const answering = (patterns: readonly Pattern[], method: string): string | undefined => (patterns.find((pattern) => pattern.method === method) ?? patterns.find((pattern) => pattern.method === 'ANY'))?.id;

const split = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** `:id`, `{id}`, `[id]`, `:id.json` are parameters; `*`, `:path*`, `{*path}` take the rest. */
function segmentOf(text: string): Segment {
  if (/^(?:\*\w*|\{\*\w+\}|:\w+[*+]|\[\.\.\.\w+\]|\(\.\*\))$/.test(text)) return { kind: 'rest' };
  return /[:*({[]/.test(text) ? { kind: 'param' } : { kind: 'literal', text: text.toLowerCase() };
}

/** Patterns are alike when only their parameters' names differ. */
const keyOf = (method: string, path: string): string => `${method} ${split(path).map(segmentOf).map((segment) => (segment.kind === 'literal' ? segment.text : segment.kind === 'param' ? ':' : '*')).join('/')}`;
