import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterPercentOff,
  containsPattern,
  divideHalfUp,
  every,
  formatMoney,
  groupBy,
  HttpError,
  isoDay,
  optional,
  parseDay,
  parseId,
  parsePage,
  parseText,
  percentOf,
  readArray,
  readDate,
  readEmail,
  readInteger,
  readObject,
  readOneOf,
  readString,
  slugify,
  startOfDay,
  truncate,
} from './helpers.ts';

const cents = fc.integer({ min: 0, max: 100_000_000 });
const percent = fc.integer({ min: 0, max: 100 });

describe('money is rounded half-up to the whole cent', () => {
  test('exactly half a cent goes up, anything less goes down', () => {
    expect(afterPercentOff(1_990, 15)).toBe(1_692); // 1691.5
    expect(afterPercentOff(1_995, 5)).toBe(1_895); // 1895.25
    expect(percentOf(1_010, 5)).toBe(51); // 50.5
    expect(percentOf(1_009, 5)).toBe(50); // 50.45
  });

  test('half goes up beside even and odd numbers alike, so it is not banker’s rounding', () => {
    expect(divideHalfUp(1, 2)).toBe(1);
    expect(divideHalfUp(3, 2)).toBe(2);
    expect(divideHalfUp(5, 2)).toBe(3);
  });

  test('the result is the nearest cent and never below it when two are equally near', () => {
    fc.assert(
      fc.property(cents, percent, (amount, share) => {
        const exactTimes100 = amount * share;
        const error = percentOf(amount, share) * 100 - exactTimes100;
        expect(error).toBeGreaterThan(-50);
        expect(error).toBeLessThanOrEqual(50);
      }),
    );
  });

  test('0 % off changes nothing and 100 % off leaves nothing', () => {
    fc.assert(
      fc.property(cents, (amount) => {
        expect(afterPercentOff(amount, 0)).toBe(amount);
        expect(afterPercentOff(amount, 100)).toBe(0);
      }),
    );
  });

  test('money is printed with two decimals, below one and below zero too', () => {
    expect(formatMoney(123_456)).toBe('1234.56 EUR');
    expect(formatMoney(5, 'USD')).toBe('0.05 USD');
    expect(formatMoney(-150)).toBe('-1.50 EUR');
  });
});

describe('input', () => {
  const refuses = (read: () => unknown, message: RegExp): void => {
    expect(read).toThrow(HttpError);
    expect(read).toThrow(message);
  };

  test('a body must be an object', () => {
    for (const value of [undefined, null, [], 'text', 3]) refuses(() => readObject(value), /body must be a JSON object/);
  });

  test('a string is trimmed and measured', () => {
    expect(readString({ name: '  tea ' }, 'name')).toBe('tea');
    refuses(() => readString({ name: '   ' }, 'name'), /name must have 1 to 500 characters/);
    refuses(() => readString({ name: 7 }, 'name'), /name must be a string/);
    refuses(() => readString({ name: 'a\u0000b' }, 'name'), /null character/);
  });

  test('an integer is a number without a fraction, within its limits', () => {
    expect(readInteger({ n: 3 }, 'n')).toBe(3);
    for (const n of ['3', 3.5, Number.NaN, null]) refuses(() => readInteger({ n }, 'n'), /n must be an integer/);
    refuses(() => readInteger({ n: 11 }, 'n', { max: 10 }), /n must be 0 to 10/);
  });

  test('an e-mail address is lower-cased', () => {
    expect(readEmail({ email: 'Ada@Example.COM' })).toBe('ada@example.com');
    refuses(() => readEmail({ email: 'ada at example' }), /e-mail/);
  });

  test('a choice must be one of those offered', () => {
    expect(readOneOf({ method: 'card' }, 'method', ['card', 'wallet'])).toBe('card');
    refuses(() => readOneOf({ method: 'cash' }, 'method', ['card', 'wallet']), /one of card, wallet/);
  });

  test('an array has bounds', () => {
    refuses(() => readArray({ items: [] }, 'items', { min: 1 }), /1 to 100 entries/);
    refuses(() => readArray({ items: {} }, 'items'), /must be an array/);
  });

  test('a date must look like one and be one', () => {
    expect(readDate({ at: '2024-05-01T10:00:00Z' }, 'at').toISOString()).toBe('2024-05-01T10:00:00.000Z');
    for (const at of ['1', 'yesterday', '2024-13-01', 5]) refuses(() => readDate({ at }, 'at'), /at must be a date/);
  });

  test('an absent optional field is undefined, a wrong one is still refused', () => {
    expect(optional({}, 'name', readString)).toBeUndefined();
    refuses(() => optional({ name: 3 }, 'name', readString), /name must be a string/);
  });

  test('a key is a positive integer in digits', () => {
    expect(parseId('42')).toBe(42);
    for (const value of ['0', '-1', '1e3', 'x', '', ['1'], undefined, '9'.repeat(16)]) refuses(() => parseId(value), /positive integer/);
  });

  test('a page has defaults and a ceiling', () => {
    expect(parsePage({})).toEqual({ page: 1, limit: 20, offset: 0 });
    expect(parsePage({ page: '3', limit: '50' })).toEqual({ page: 3, limit: 50, offset: 100 });
    refuses(() => parsePage({ limit: '101' }), /at most 100/);
  });

  test('a repeated filter is refused instead of guessed', () => {
    expect(parseText({ q: '' }, 'q')).toBeUndefined();
    refuses(() => parseText({ q: ['a', 'b'] }, 'q'), /q must be a string/);
  });

  test('a day must exist in the calendar', () => {
    const today = new Date('2024-06-01T13:00:00Z');
    expect(parseDay({}, 'from', today)).toBe('2024-06-01');
    expect(parseDay({ from: '2024-02-29' }, 'from', today)).toBe('2024-02-29');
    for (const from of ['2023-02-29', '2024-2-1', 'x']) refuses(() => parseDay({ from }, 'from', today), /from must be a day/);
  });
});

describe('text and time', () => {
  test('a slug keeps letters and digits', () => {
    expect(slugify('Garden & Pâtio')).toBe('garden-patio');
    expect(slugify('&&&')).toBe('');
  });

  test('a LIKE pattern takes its own wildcards literally', () => {
    expect(containsPattern('50%_Off\\')).toBe('%50\\%\\_off\\\\%');
  });

  test('a long text is cut with an ellipsis and never exceeds the length', () => {
    expect(truncate('abc', 3)).toBe('abc');
    expect(truncate('abcd', 3)).toBe('ab…');
  });

  test('a day starts at midnight UTC', () => {
    expect(startOfDay(new Date('2024-06-01T23:59:59Z')).toISOString()).toBe('2024-06-01T00:00:00.000Z');
    expect(isoDay(new Date('2024-06-01T23:59:59Z'))).toBe('2024-06-01');
  });
});

test('grouping keeps the order of first appearance', () => {
  const groups = groupBy(['ant', 'bee', 'ape'], (word) => word[0]);
  expect([...groups]).toEqual([
    ['a', ['ant', 'ape']],
    ['b', ['bee']],
  ]);
});

test('a repeating job goes on after a failure and stops when told', async () => {
  let turns = 0;
  const three = Promise.withResolvers<undefined>();
  const job = every(1, 'counting', () => {
    turns += 1;
    if (turns === 3) three.resolve(undefined);
    return turns === 1 ? Promise.reject(new Error('first turn')) : Promise.resolve();
  });
  await three.promise;
  await job.stop();
  const stoppedAt = turns;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(turns).toBe(stoppedAt);
});
