const SLAB_BYTES = 1 << 20;

/** Room for the messages of one transaction after another, each `length u32 | bytes`, those of a transaction in one piece. A slab lives as long as somebody has a piece of it. */
export class Slab {
  private bytes: Buffer = Buffer.allocUnsafe(0);
  private used = 0;
  private begun = 0;

  start(): void {
    this.begun = this.used;
  }

  /** Copies `message` from `offset` to its end. */
  add(message: Buffer, offset = 0): void {
    const length = message.length - offset;
    if (this.used + 4 + length > this.bytes.length) this.renew(4 + length);
    this.bytes[this.used] = length >>> 24;
    this.bytes[this.used + 1] = length >>> 16;
    this.bytes[this.used + 2] = length >>> 8;
    this.bytes[this.used + 3] = length;
    message.copy(this.bytes, this.used + 4, offset);
    this.used += 4 + length;
  }

  finish(): Buffer {
    return this.bytes.subarray(this.begun, this.used);
  }

  private renew(needed: number): void {
    const open = this.bytes.subarray(this.begun, this.used);
    this.bytes = Buffer.allocUnsafe(Math.max(SLAB_BYTES, 2 * (open.length + needed)));
    open.copy(this.bytes, 0);
    [this.begun, this.used] = [0, open.length];
  }
}
