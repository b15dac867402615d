import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf } from './bucket.ts';
import { callerOf } from './caller.ts';
import { decide, type Question } from './decide.ts';

const question: Question = { salt: 'orders.read', stage: 'monolith', write: false, caller: 'ann', dice: 0.5, canarySample: 0.1 };
const canary = (percent: number, more: Partial<Question> = {}): ReturnType<typeof decide> => decide({ ...question, stage: { canary: { percent, stickyBy: 'client' } }, ...more });

describe('decide', () => {
  test('a route that has not started is the monolith\'s', () => {
    expect(decide(question)).toEqual({ serve: 'monolith', mirror: 'nobody', because: 'not started' });
  });

  test.each(['service', 'retired'] as const)('a route at %s is the service\'s', (stage) => {
    expect(decide({ ...question, stage })).toEqual({ serve: 'service', mirror: 'nobody', because: 'cut over' });
  });

  test('a shadow is answered by the monolith and mirrored to the service as often as its sample says', () => {
    const stage = { shadow: { sample: 0.2 } };
    expect(decide({ ...question, stage, dice: 0.19 })).toEqual({ serve: 'monolith', mirror: 'service', because: 'shadow' });
    expect(decide({ ...question, stage, dice: 0.2 }).mirror).toBe('nobody');
  });

  test('a write is never mirrored to the service, only to its sandbox', () => {
    expect(decide({ ...question, write: true, stage: { shadow: { sample: 1 } } }).mirror).toBe('nobody');
    expect(decide({ ...question, write: true, stage: { shadow: { sample: 1, sandbox: 'http://sandbox.example' } } }).mirror).toBe('sandbox');
    expect(canary(100, { write: true, dice: 0 }).mirror).toBe('nobody');
  });

  test('within a canary each side is asked what the other answered, at the canary\'s sample', () => {
    expect(canary(100, { dice: 0.05 })).toEqual({ serve: 'service', mirror: 'monolith', because: 'inside the canary' });
    expect(canary(0, { dice: 0.05 })).toEqual({ serve: 'monolith', mirror: 'service', because: 'outside the canary' });
    expect(canary(100, { dice: 0.5 }).mirror).toBe('nobody');
  });

  test('raising a canary never sends a caller back', () => {
    fc.assert(fc.property(fc.string(), fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }), (caller, p, q) => {
      const [low, high] = [Math.min(p, q), Math.max(p, q)];
      if (canary(low, { caller }).serve === 'service') expect(canary(high, { caller }).serve).toBe('service');
    }));
  });

  test('at 0 % nobody, at 100 % everybody', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (caller, salt) => {
      expect(canary(0, { caller, salt }).serve).toBe('monolith');
      expect(canary(100, { caller, salt }).serve).toBe('service');
    }));
  });
});

describe('a caller\'s bucket', () => {
  test('is the same in every process and release', () => {
    expect(bucketOf('orders.read', 'ann')).toBeCloseTo(26.11790921, 6);
  });

  test('spreads callers evenly', () => {
    const inside = Array.from({ length: 10_000 }, (_, i) => bucketOf('orders.read', `caller ${String(i)}`)).filter((bucket) => bucket < 5).length;
    expect(inside).toBeGreaterThan(400);
    expect(inside).toBeLessThan(600);
  });

  test('is salted by the route: the first callers differ from route to route', () => {
    expect(bucketOf('orders.read', 'ann')).not.toBe(bucketOf('orders.list', 'ann'));
  });
});

describe('who the caller is', () => {
  const asker = { headers: { 'x-user-id': 'ann', cookie: 'theme=dark; session=s=1' }, address: '10.0.0.7' };
  test('is read from the header, the cookie or the address', () => {
    expect(callerOf('header:X-User-Id', asker)).toBe('header:X-User-Id ann');
    expect(callerOf('cookie:session', asker)).toBe('cookie:session s=1');
    expect(callerOf('client', asker)).toBe('client 10.0.0.7');
  });

  test('falls back to the address where the header or cookie is missing or empty', () => {
    expect(callerOf('header:x-tenant', asker)).toBe('client 10.0.0.7');
    expect(callerOf('cookie:missing', { ...asker, headers: { cookie: 'missing=' } })).toBe('client 10.0.0.7');
  });
});
