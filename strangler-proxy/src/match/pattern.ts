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
  let inside = false;
  let around = false;
  for (let i = 0; ; i += 1) {
    const left = a[i];
    const right = b[i];
    if (left === undefined && right === undefined) break;
    if (left === undefined || right === undefined) return 'disjoint';
    const step = relateSegments(left, right);
    if (step === 'disjoint') return 'disjoint';
    inside ||= step === 'inside';
    around ||= step === 'around';
    if (left.kind === 'rest' || right.kind === 'rest') break;
  }
  if (inside && around) return 'crossing';
  if (inside) return 'inside';
  return around ? 'around' : 'same';
}

function relateSegments(a: Segment, b: Segment): Relation {
  if (a.kind === 'literal' && b.kind === 'literal') return a.text === b.text ? 'same' : 'disjoint';
  if (a.kind === b.kind) return 'same';
  if (a.kind === 'rest') return 'around';
  if (b.kind === 'rest') return 'inside';
  const literal = a.kind === 'literal' ? a : b;
  if (literal.kind === 'literal' && literal.text === '') return 'disjoint';
  return a.kind === 'literal' ? 'inside' : 'around';
}
