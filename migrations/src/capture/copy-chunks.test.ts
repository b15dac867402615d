import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkCutter, CopyOutReader, type CopyChunk } from './copy-chunks.ts';

const message = (type: string, payload: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeUInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
};

test('chunks are whole lines, counted, and all of them, however the bytes arrive; what is no row is passed on whole', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'ü', '😀', '\t'), maxLength: 30 }).map((text) => Buffer.from(`${text}\n`));
  const other = fc.record({ type: fc.constantFrom('H', 'c', 'C', 'Z', 'N'), payload: fc.uint8Array({ maxLength: 12 }) });
  fc.assert(fc.property(fc.array(line, { maxLength: 20 }), fc.array(other, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (lines, others, sizes, textBytes) => {
    const rest = others.map(({ type, payload }) => message(type, Buffer.from(payload)));
    const sent = Buffer.concat([...rest.slice(0, 2), ...lines.map((payload) => message('d', payload)), ...rest.slice(2)]);
    const [chunks, passed]: [CopyChunk[], Buffer[]] = [[], []];
    const cutter = new ChunkCutter({ textBytes, headBytes: 3 });
    const reader = new CopyOutReader(cutter, { onChunk: (chunk) => { chunks.push(chunk); }, onOther: (each) => { passed.push(each); } });
    const socket = Buffer.alloc(9); // written over by each read, as a socket's is
    for (let at = 0, turn = 0; at < sent.length; turn += 1) {
      const length = sent.copy(socket, 0, at, at + (sizes[turn % sizes.length] ?? 1));
      reader.read(socket.subarray(0, length));
      at += length;
    }
    const last = cutter.rest();
    const all = [...chunks, ...(last === undefined ? [] : [last])];
    expect(passed).toEqual(rest);
    expect(Buffer.concat(all.map(({ bytes }) => bytes.subarray(3)))).toEqual(Buffer.concat(lines));
    for (const { bytes, rows } of all) expect(bytes.subarray(3).filter((byte) => byte === 0x0a)).toHaveLength(rows);
    for (const { bytes } of chunks) expect(bytes.length - 3).toBeGreaterThanOrEqual(textBytes);
  }));
});
