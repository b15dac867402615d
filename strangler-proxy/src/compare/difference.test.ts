import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { difference, mirrored } from './difference.ts';
import type { Json } from './json.ts';
import type { Answered, Observation } from './observation.ts';
import { compileRules, parsePath, printPath } from './rules.ts';

const answer = (body: unknown, more: Partial<Answered> = {}): Answered => ({ kind: 'answered', status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), latencyMs: 1, ...more });
const none = compileRules({});
const paths = (a: Observation, b: Observation, rules = none): string[] => difference(a, b, rules).map(({ path, kind }) => `${kind} ${path}`);

describe('difference', () => {
  test('names each leaf that differs, with both values', () => {
    const found = difference(answer({ id: 1, lines: [{ price: 10 }, { price: 11 }] }), answer({ id: 1, lines: [{ price: 10 }, { price: 12 }] }), none);
    expect(found).toEqual([{ path: 'body:/lines/1/price', pattern: 'body:/lines/*/price', kind: 'value', control: 11, candidate: 12 }]);
  });

  test('tells missing, extra, another type, another length and another order apart', () => {
    expect(paths(answer({ a: 1, b: '1', list: [1, 2], order: [1, 2] }), answer({ b: 1, c: 2, list: [1], order: [2, 1] })))
      .toEqual(['missing body:/a', 'type body:/b', 'extra body:/c', 'length body:/list', 'order body:/order']);
  });

  test('sees the status and the headers', () => {
    expect(paths(answer({}), answer({}, { status: 201, headers: { 'content-type': 'text/json', location: '/1' } }))).toEqual(['value header:content-type', 'extra header:location', 'value status']);
  });

  test('takes the order of an object\'s keys and white space for nothing', () => {
    expect(paths(answer('{"a":1,"b":2}'), answer('{ "b": 2, "a": 1 }'))).toEqual([]);
  });

  test('sees the last digit of an id that no double can hold', () => {
    expect(paths(answer('{"id":9007199254740993}'), answer('{"id":9007199254740992}'))).toEqual(['value body:/id']);
  });

  test.each([['9007199254740993.0', '9007199254740992.0'], ['12345678901234567890.5', '12345678901234567890.6'], ['1e400', '1e401'], ['1e-400', '0'], ['-9007199254740993', '-9007199254740992']])(
    'tells the numbers %s and %s apart, which are one double', (a, b) => { expect(paths(answer(`{"n":${a}}`), answer(`{"n":${b}}`))).toHaveLength(1); });

  test.each([['1.0', '1'], ['1e2', '100'], ['1e20', '100000000000000000000'], ['0.10000000000000001', '0.1'], ['9007199254740993', '9007199254740993.00']])(
    'takes %s and %s for the same number', (a, b) => { expect(paths(answer(`{"n":${a}}`), answer(`{"n":${b}}`))).toEqual([]); });

  test('sees bytes that are no UTF-8, in a picture as in a string', () => {
    const bytes = (...list: number[]): Answered => answer('', { body: Buffer.from(list) });
    expect(paths(bytes(0x89, 0xff, 0xfe), bytes(0x89, 0xfe, 0xff))).toEqual(['value body:/']);
    expect(paths(bytes(0x22, 0xe9, 0x22), bytes(0x22, 0xe8, 0x22))).toEqual(['value body:/']);
    expect(paths(bytes(0x22, 0xe9, 0x22), bytes(0x22, 0xc3, 0xa9, 0x22))).toEqual(['value body:/']);
  });

  test('does not take one spelling of a letter for another, nor a byte order mark for nothing', () => {
    expect(paths(answer('{"a":"\u00e9"}'), answer('{"a":"e\u0301"}'))).toEqual(['value body:/a']);
    expect(paths(answer('\ufeff{"a":1}'), answer('{"a":1}'))).toEqual(['value body:/']);
  });

  test('compares what is nested a hundred thousand deep as text', () => {
    const nested = (value: string): Answered => answer('['.repeat(100_000) + value + ']'.repeat(100_000));
    expect(paths(nested('1'), nested('2'))).toEqual(['value body:/']);
    expect(paths(answer({ text: '['.repeat(1_000) + '\\"' }), answer({ text: '' }))).toEqual(['value body:/text']);
  });

  test('names a hundred leaves of a kind, and two thousand in all', () => {
    const list = (offset: number): Answered => answer(Array.from({ length: 5_000 }, (_, i) => ({ id: i, price: i + offset })));
    expect(difference(list(0), list(1), none)).toHaveLength(100);
    const keyed = (name: string): Answered => answer(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${name}${String(i)}`, i])));
    expect(difference(keyed('a'), keyed('b'), none)).toHaveLength(2_000);
  });

  test('does not stop the process over a large unordered array of large elements', () => {
    const rules = compileRules({ unordered: ['body:/'] });
    const list = (offset: number): Answered => answer(Array.from({ length: 300 }, (_, i) => ({ id: i, row: Array.from({ length: 300 }, (_each, j) => (i * j + offset) % 97) })));
    const [a, b, before] = [list(0), list(1), process.cpuUsage()];
    expect(difference(a, b, rules).length).toBeGreaterThan(0);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000); // of this process's own time: how busy the machine is says nothing
  });

  test('compares what is not JSON as text', () => {
    expect(paths(answer('<p>1</p>'), answer('<p>2</p>'))).toEqual(['value body:/']);
  });

  test('does not take null for absent, nor a prototype\'s property for the body\'s', () => {
    expect(paths(answer({ a: null }), answer({}))).toEqual(['missing body:/a']);
    expect(paths(answer('{"toString":1}'), answer('{}'))).toEqual(['missing body:/toString']);
    expect(paths(answer('{"__proto__":1}'), answer('{"__proto__":2}'))).toEqual(['value body:/__proto__']);
  });

  test('counts no answer as the heaviest difference', () => {
    expect(paths(answer({}), { kind: 'unanswered', reason: 'refused' })).toEqual(['missing status']);
  });

  test('honours what the config ignores, with everything below it', () => {
    const rules = compileRules({ ignore: ['body:/meta', 'header:etag', 'body:/items/*/at'] });
    expect(paths(answer({ meta: { a: 1 }, items: [{ at: 1, id: 1 }] }, { headers: { etag: '1' } }), answer({ meta: 2, items: [{ at: 2, id: 1 }] }, { headers: {} }), rules)).toEqual([]);
  });

  test('honours tolerances, for numbers and for decimals in text', () => {
    const rules = compileRules({ tolerance: { 'body:/total': 0.005, 'body:/lines/*/net': 0.005 } });
    expect(paths(answer({ total: 10, lines: [{ net: '9.99' }] }), answer({ total: 10.005, lines: [{ net: '9.994' }] }), rules)).toEqual([]);
    expect(paths(answer({ total: 10 }), answer({ total: 10.006 }), rules)).toEqual(['value body:/total']);
  });

  test('pairs an unordered array so that as few elements as possible are left', () => {
    const rules = compileRules({ unordered: ['body:/'], tolerance: { 'body:/*': 0.5 } });
    expect(paths(answer([1.0, 1.6]), answer([1.3, 0.7]), rules)).toEqual([]);
    expect(paths(answer([{ id: 1 }, { id: 2 }]), answer([{ id: 3 }, { id: 1 }]), rules)).toEqual(['value body:/*/id']);
  });
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const observation: fc.Arbitrary<Observation> = fc.oneof({ weight: 9, arbitrary: fc.record({ value: json, status: fc.constantFrom(200, 404), etag: fc.constantFrom('a', 'b') }).map(({ value, status, etag }): Observation => answer(value, { status, headers: { etag } })) },
  { weight: 1, arbitrary: fc.constant<Observation>({ kind: 'unanswered', reason: 'refused' }) });
const anyRules = fc.record({
  ignore: fc.subarray(['status', 'header:etag', 'body:/a', 'body:/*/b'] as const),
  unordered: fc.subarray(['body:/', 'body:/a', 'body:/*'] as const),
  tolerance: fc.constantFrom({}, { 'body:/*': 0.5 } as const),
}).map(compileRules);

describe('laws of difference', () => {
  test('nothing differs from itself', () => {
    fc.assert(fc.property(observation, anyRules, (a, rules) => { expect(difference(a, a, rules)).toEqual([]); }));
  });

  test('seen from the other side it is its mirror image', () => {
    fc.assert(fc.property(observation, observation, anyRules, (a, b, rules) => { expect(difference(b, a, rules)).toEqual(difference(a, b, rules).map(mirrored)); }), { numRuns: 2_000 });
  });

  test('ignoring a path never adds a difference', () => {
    fc.assert(fc.property(observation, observation, fc.constantFrom('status', 'header:etag', 'body:/a', 'body:/*', 'body:/') as fc.Arbitrary<'status' | `body:/${string}`>, (a, b, ignored) => {
      const before = paths(a, b);
      for (const each of paths(a, b, compileRules({ ignore: [ignored] }))) expect(before).toContain(each);
    }));
  });

  test('permuting an unordered array changes nothing', () => {
    const rules = compileRules({ unordered: ['body:/'], tolerance: { 'body:/*': 0.5 } });
    fc.assert(fc.property(fc.array(json, { maxLength: 6 }).chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }))), fc.array(json, { maxLength: 6 }), ([items, shuffled], other) => {
      expect(difference(answer(shuffled), answer(items), rules)).toEqual([]);
      expect(difference(answer(shuffled), answer(other), rules)).toEqual(difference(answer(items), answer(other), rules));
    }), { numRuns: 1_000 });
  });

  test('a path reads back as it was printed', () => {
    fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), (pointer) => {
      fc.pre(!(pointer.length === 1 && pointer[0] === ''));
      expect(parsePath(printPath(['body', ...pointer]))).toEqual(['body', ...pointer]);
    }));
  });
});
