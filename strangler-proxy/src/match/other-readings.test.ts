import { describe, expect, test } from '@jest/globals';
import { otherReadings } from './other-readings.ts';

describe('the other readings of a path', () => {
  test('an ordinary path has none', () => {
    for (const path of ['/', '/orders', '/orders/7/', '/files/a.b/..c']) expect(otherReadings(path, { slashes: true })).toEqual([]);
  });

  test.each([
    ['/%6frders', '/orders'], ['//orders', '/orders'], ['/orders//', '/orders/'], ['/x/../orders', '/orders'], ['/x/%2e%2E/orders', '/orders'], ['/./orders', '/orders'],
    ['/x//%2e./%6Frders', '/orders'], ['/x//../orders', '/x/orders'], ['/../../orders', '/orders'], ['/orders/..', '/'], ['/caf%C3%A9', '/café'],
  ])('%s can be read as %s', (path, reading) => { expect(otherReadings(path, { slashes: false })).toContain(reading); });

  test('an encoded slash separates only where that is asked for', () => {
    expect(otherReadings('/orders%2f7', { slashes: true })).toContain('/orders/7');
    expect(otherReadings('/orders%2f7', { slashes: false })).not.toContain('/orders/7');
  });

  test('what decodes to nothing readable stays as it is', () => {
    expect(otherReadings('/%ff%zz', { slashes: true })).toEqual([]);
  });
});
