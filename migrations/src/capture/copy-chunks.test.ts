import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkCutter } from './copy-chunks.ts';

test('chunks are whole lines, counted, and all of them, however the bytes arrive', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '😀', '\t') }), { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (lines, sizes, size) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const cutter = new ChunkCutter(size);
    const found = [];
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const length = sizes[turn % sizes.length] ?? 1;
      found.push(cutter.push(bytes.subarray(at, at + length)));
      at += length;
    }
    const chunks = [...found, cutter.rest()].filter((chunk) => chunk !== undefined);
    expect(Buffer.concat(chunks.map(({ text }) => text))).toEqual(bytes);
    for (const { text, rows } of chunks) {
      expect(text.at(-1)).toBe(0x0a);
      expect(text.filter((byte) => byte === 0x0a)).toHaveLength(rows);
    }
  }));
});
