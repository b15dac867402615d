/** Reads PostgreSQL's network byte order, front to back. */
export class ByteReader {
  private readonly bytes: Buffer;
  private position: number;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  uint8(): number {
    const value = this.bytes[this.position] ?? 0;
    this.position += 1;
    return value;
  }

  /** One ASCII letter, as the protocol uses for tags. */
  letter(): string {
    return String.fromCharCode(this.uint8());
  }

  uint16(): number {
    const value = this.bytes.readUInt16BE(this.position);
    this.position += 2;
    return value;
  }

  uint32(): number {
    const value = this.bytes.readUInt32BE(this.position);
    this.position += 4;
    return value;
  }

  uint64(): bigint {
    const value = this.bytes.readBigUInt64BE(this.position);
    this.position += 8;
    return value;
  }

  int64(): bigint {
    const value = this.bytes.readBigInt64BE(this.position);
    this.position += 8;
    return value;
  }

  /** A string that ends with a zero byte. */
  cstring(): string {
    const end = this.bytes.indexOf(0, this.position);
    const value = this.bytes.toString('utf8', this.position, end);
    this.position = end + 1;
    return value;
  }

  text(length: number): string {
    const end = this.position + length;
    const value = this.bytes.toString('utf8', this.position, end);
    this.position = end;
    return value;
  }

  skip(length: number): void {
    this.position += length;
  }
}
