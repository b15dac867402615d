import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { METHODS, parseEndpoint, printEndpoint, type Endpoint } from './endpoint.ts';
import { StranglerError } from './errors.ts';

const segment = fc.oneof(
  fc.stringMatching(/^[a-z0-9._~-]{1,8}$/).map((text) => ({ kind: 'literal' as const, text })),
  fc.stringMatching(/^[A-Za-z_]\w{0,6}$/).map((name) => ({ kind: 'param' as const, name })),
);
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  method: fc.constantFrom(...METHODS),
  segments: fc.tuple(fc.array(segment, { maxLength: 5 }), fc.boolean()).map(([some, rest]) => (rest ? [...some, { kind: 'rest' as const }] : some)),
});

describe('an endpoint', () => {
  test('that is printed and parsed again is the same', () => {
    fc.assert(fc.property(endpoint, (one) => { expect(parseEndpoint(printEndpoint(one))).toEqual(one); }));
  });

  test.each([
    ['POTS /orders', 'POTS'], ['GET orders', 'starts with /'], ['GET /orders /:id', 'starts with /'], ['GET /orders?x=1', 'without ? or #'],
    ['GET /files/*/name', 'must come last'], ['GET /orders/:', 'no parameter'], ['GET //orders', 'empty segment'],
  ])('%s is refused, saying which part is wrong', (text, part) => {
    expect(() => parseEndpoint(text)).toThrow(StranglerError);
    expect(() => parseEndpoint(text)).toThrow(part);
  });
});
