import type { Endpoint, Method, Segment } from '@strangler/kernel';

/** How the requests of one pattern lie to those of another. */
export type Relation = 'disjoint' | 'same' | 'inside' | 'around' | 'crossing';

/**
 * A path as its segments, in the form in which paths are compared: ASCII letters folded, one trailing slash dropped, the root as one empty segment.
 * Nothing is decoded: `/a%2Fb` stays one segment. Folding mirrors what Express does by default, so that `POST /Orders/` cannot slip past
 * a route (and its fence) to the side that no longer owns the data.
 */
export function pathSegments(path: string): string[] {
  const folded = path.toLowerCase();
  const end = folded.length > 1 && folded.endsWith('/') ? folded.length - 1 : folded.length;
  return folded.slice(1, end).split('/');
}

/** A pattern's segments in the same form, so that pattern and path meet. */
export function patternSegments({ segments }: Endpoint): Segment[] {
  const folded = segments.map((segment): Segment => segment.kind === 'literal' ? { kind: 'literal', text: segment.text.toLowerCase() } : segment);
  const last = folded.at(-1);
  if (folded.length > 1 && last?.kind === 'literal' && last.text === '') folded.pop();
  return folded.length === 0 ? [{ kind: 'literal', text: '' }] : folded;
}

/** Which methods' requests a route takes: a GET route also answers HEAD (RFC 9110 §9.3.2), an ANY route takes all. */
export const methodsMeet = (a: Method, b: Method): boolean => a === b || a === 'ANY' || b === 'ANY' || isGetAndHead(a, b);

export const isGetAndHead = (a: Method, b: Method): boolean => (a === 'GET' && b === 'HEAD') || (a === 'HEAD' && b === 'GET');

/** Compares the sets of paths that two patterns match. `:x` is one non-empty segment; `*` is one or more. */
export function relate(a: readonly Segment[], b: readonly Segment[]): Relation {
  const [left, right] = [a[0], b[0]];
  if (left === undefined && right === undefined) return 'same';
  if (left === undefined || right === undefined) return 'disjoint';
  const head = relateSegments(left, right);
  if (head === 'disjoint' || left.kind === 'rest' || right.kind === 'rest') return head;
  return both(head, relate(a.slice(1), b.slice(1)));
}

function both(head: Relation, tail: Relation): Relation {
  if (head === 'same' || tail === 'disjoint') return tail;
  return tail === 'same' || tail === head ? head : 'crossing';
}

/** From the narrowest to the widest. */
const WIDTH = { literal: 0, param: 1, rest: 2 } as const;

function relateSegments(a: Segment, b: Segment): Relation {
  const [wide, narrow] = WIDTH[a.kind] > WIDTH[b.kind] ? [a, b] : [b, a];
  if (narrow.kind === 'literal' && !takes(wide, narrow.text)) return 'disjoint';
  if (WIDTH[a.kind] === WIDTH[b.kind]) return 'same';
  return WIDTH[a.kind] < WIDTH[b.kind] ? 'inside' : 'around';
}

function takes(segment: Segment, text: string): boolean {
  if (segment.kind === 'literal') return segment.text === text;
  return segment.kind === 'rest' || text !== '';
}
