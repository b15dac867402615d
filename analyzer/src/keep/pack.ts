import { crc32 } from 'node:zlib';

/** Names the format; a pack that begins otherwise is none. */
const MAGIC = Buffer.from('strangler pack 1\n');
/** A SHA-256. */
export const KEY_BYTES = 32;
const HEAD_BYTES = KEY_BYTES + 8;

/** Entries of a pack by key (hex). Reads as far as entries are whole and drops those that their checksum disowns: what is damaged was never kept. */
export const unpack = (pack: Buffer): Map<string, Buffer> => {
  const entries = new Map<string, Buffer>();
  if (!pack.subarray(0, MAGIC.length).equals(MAGIC)) return entries;
  for (let at = MAGIC.length; at + HEAD_BYTES <= pack.length;) {
    const bytes = pack.readUInt32LE(at + KEY_BYTES);
    const end = at + HEAD_BYTES + bytes;
    if (end > pack.length) break;
    const value = pack.subarray(at + HEAD_BYTES, end);
    const key = pack.subarray(at, at + KEY_BYTES);
    if (checksum(key, value) === pack.readUInt32LE(at + KEY_BYTES + 4)) entries.set(key.toString('hex'), value);
    at = end;
  }
  return entries;
};

export const packed = (entries: ReadonlyMap<string, Buffer>): Buffer => Buffer.concat([MAGIC, ...[...entries].flatMap(([hex, value]) => {
  const head = Buffer.alloc(HEAD_BYTES);
  const key = Buffer.from(hex, 'hex');
  key.copy(head);
  head.writeUInt32LE(value.length, KEY_BYTES);
  head.writeUInt32LE(checksum(key, value), KEY_BYTES + 4);
  return [head, value];
})]);

/** Of the key too: a value under the wrong key is as wrong as a damaged one. */
const checksum = (key: Buffer, value: Buffer): number => crc32(value, crc32(key));
