import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CopyMessages } from './copy-messages.ts';

test('messages come whole and in order, however their bytes arrive', () => {
  const message = fc.record({ type: fc.constantFrom('d', 'd', 'W', 'E'), payload: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(fc.property(fc.array(message, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (messages, sizes) => {
    const sent = Buffer.concat(messages.map(({ type, payload }) => {
      const header = Buffer.alloc(5);
      header.write(type);
      header.writeUInt32BE(payload.length + 4, 1);
      return Buffer.concat([header, payload]);
    }));
    const found: { type: string; payload: Uint8Array }[] = [];
    const reader = new CopyMessages({
      onCopyData: (payload) => { found.push({ type: 'd', payload: new Uint8Array(payload) }); },
      onOther: (whole) => { found.push({ type: String.fromCharCode(whole[0] ?? 0), payload: new Uint8Array(whole.subarray(5)) }); },
    });
    const socket = Buffer.alloc(60); // written over by each read, as a socket's is
    for (let at = 0, turn = 0; at < sent.length; turn += 1) {
      const length = sent.copy(socket, 0, at, at + (sizes[turn % sizes.length] ?? 1));
      reader.read(socket.subarray(0, length));
      at += length;
    }
    expect(found).toEqual(messages);
  }));
});
