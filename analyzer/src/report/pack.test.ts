import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pack } from './pack.ts';
import { unpack } from './page/unpack.js';

const through = (value: unknown): unknown => unpack(JSON.parse(JSON.stringify(pack(value))));

test('whatever a report may hold comes back as it was', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    // A record's prototype is no data: JSON has none.
    fc.pre(!JSON.stringify(value).includes('__proto__'));
    // Nor a minus before zero.
    expect(through(value)).toEqual(JSON.parse(JSON.stringify(value)));
  }));
});

test('records with absent, empty and null fields come back as they were', () => {
  const screenings = [{ hall: 'Gaumont', seats: 120, film: null, tags: ['late  show', ''] }, { hall: 'Odeon', runnerUp: { context: 'tickets', share: 0.25 }, tags: [] }, {}];
  expect(through({ screenings, sold: [true, false], none: [] })).toEqual({ screenings, sold: [true, false], none: [] });
});

test('a path that is used a thousand times is written once', () => {
  const calls = Array.from({ length: 1_000 }, (_, line) => ({ module: 'box-office/ticket-service.ts', line }));
  const written = JSON.stringify(pack(calls));
  expect(written.split('ticket-service').length).toBe(2);
  expect(written.length).toBeLessThan(8_000);
});
