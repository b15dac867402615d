import { describe, expect, test } from '@jest/globals';
import { decoderOf, InexactNumber, UnreadableValue, type Form } from './debezium-text.ts';

const read = (form: Form, value: unknown): string | null => decoderOf(form)(value, 'c');

describe('a value of Debezium, as PostgreSQL prints it', () => {
  test.each<[Form['kind'], unknown, string]>([
    ['date', 20_455, '2026-01-02'], ['date', 0, '1970-01-01'], ['date', -719_162, '0001-01-01'], ['date', -719_163, '0001-12-31 BC'], ['date', -735_160, '0044-03-15 BC'], ['date', 2_145_042_905, '5874897-12-31'],
    ['date', -2_147_472_692, 'infinity'], ['date', -2_147_472_691, '-infinity'], ['date', -2_440_588, '4714-11-24 BC'], ['date', '2026-01-02', '2026-01-02'],
    ['time', 86_400_000_000, '24:00:00'], ['time', 3_723_100_000, '01:02:03.1'], ['time', 0, '00:00:00'], ['time', 1, '00:00:00.000001'],
    ['timestamp', 1_767_323_045_100_000, '2026-01-02 03:04:05.1'], ['timestamp', -1, '1969-12-31 23:59:59.999999'], ['timestamp', '9223372036825200000', 'infinity'], ['timestamp', '-9223372036832400000', '-infinity'],
    ['timestamp', '9223372036854775806', '294247-01-10 04:00:54.775806'], ['timestamp', '-210866803200000000', '4714-11-24 00:00:00 BC'],
    ['timestamptz', '2026-01-02T03:04:05.123Z', '2026-01-02T03:04:05.123Z'], ['timestamptz', '-0043-03-15T12:00:00.000Z', '0044-03-15 12:00:00.000Z BC'], ['timestamptz', '+12345-01-01T00:00:00.5Z', '12345-01-01 00:00:00.5Z'],
    ['timestamptz', 'infinity', 'infinity'],
    ['numeric', 'NAN', 'NaN'], ['numeric', 'NEGATIVE_INFINITY', '-Infinity'], ['numeric', '1.10', '1.10'],
    ['bytea', 'AP8=', String.raw`\x00ff`], ['opaque', 'KDEsIngseSIp', '(1,"x,y")'],
    ['hstore', '{"a":"1","b":null,"q\\"t":"x, y"}', String.raw`"a"=>"1", "b"=>NULL, "q\"t"=>"x, y"`],
    ['plain', { x: 1.5, y: -2 }, '(1.5,-2)'], ['plain', true, 't'],
  ])('%s %j is %s', (kind, value, printed) => {
    expect(read({ kind } as Form, value)).toBe(printed);
  });

  test('bits have the width of their type', () => {
    expect(read({ kind: 'bits', width: 9 }, 'gAE=')).toBe('110000000');
    expect(read({ kind: 'bits', width: 9 }, 'AQ==')).toBe('000000001');
    expect(read({ kind: 'bits', width: 1 }, true)).toBe('1');
  });

  test('arrays hold elements of their type', () => {
    expect(read({ kind: 'array', element: { kind: 'date' } }, [20_455, null, -622_191_234, -625_821_272])).toBe('{"2026-01-02",NULL,"infinity","-infinity"}');
    expect(read({ kind: 'array', element: { kind: 'bytea' } }, ['AP8='])).toBe(String.raw`{"\\x00ff"}`);
    expect(read({ kind: 'array', element: { kind: 'plain' } }, ['NULL', null, 'q"x'])).toBe(String.raw`{"NULL",NULL,"q\"x"}`);
  });

  test('a number that a double does not hold asks for the message to be parsed again', () => {
    for (const inexact of [2 ** 60, -0, 1e300]) expect(() => read({ kind: 'plain' }, inexact)).toThrow(InexactNumber);
    expect(() => read({ kind: 'timestamp' }, 2 ** 60)).toThrow(InexactNumber);
  });

  test.each<[Form['kind'], unknown]>([
    ['timestamp', '9223372036854775807'], ['timestamp', '-9223372036853775810'], ['timestamp', '-9223372036853776809'], ['date', 2_145_042_906], ['date', -2_440_589], ['date', -2_147_472_690],
  ])('%s %j is none of PostgreSQL\'s, or more than 64 bits hold: refused', (kind, value) => {
    expect(() => read({ kind } as Form, value)).toThrow(UnreadableValue);
  });

  test('NULL is NULL', () => {
    for (const kind of ['plain', 'date', 'bytea', 'hstore', 'timestamptz'] as const) expect(read({ kind }, null)).toBeNull();
  });
});
