import { expect, test } from '@jest/globals';
import { divide } from './kafka-lanes.ts';

const places = (...topics: readonly (readonly [topic: string, partitions: number])[]) =>
  topics.flatMap(([topic, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition, hasSiblings: partitions > 1 })));
const shown = (lanes: ReturnType<typeof divide>): string[] => lanes.map((lane) => lane.map(({ topic, partition }) => `${topic}${String(partition)}`).join(' '));

test('a few partitions have a session each', () => {
  expect(shown(divide(places(['orders', 4]), 8))).toEqual(['orders0', 'orders1', 'orders2', 'orders3']);
});

test('many share what the server has room for, those of one topic apart', () => {
  expect(shown(divide(places(['b', 2], ['a', 3]), 2))).toEqual(['a0 a2 b1', 'a1 b0']);
  const lanes = divide(places(...Array.from({ length: 70 }, (_, index) => [`t${String(index).padStart(2, '0')}-`, 1] as const)), 100);
  expect(lanes.map(({ length }) => length)).toEqual([9, 9, 9, 9, 9, 9, 8, 8]);
});

test('a server that is full still gets one session: what it says then says what to do', () => {
  expect(shown(divide(places(['a', 2]), -1))).toEqual(['a0 a1']);
  expect(divide([], 5)).toEqual([]);
});
