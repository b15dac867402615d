const COPY_DATA = 0x64;
/** Type, and length of itself and the payload (PostgreSQL docs, "Message Formats"). */
const MESSAGE_HEADER = 5;
const FIRST_ROOM = 64 * 1024;

export interface CopyMessageHandlers {
  /** The payload of a CopyData; its memory is written over after the call. */
  onCopyData(payload: Buffer): void;
  /** Any other message, whole. */
  onOther(message: Buffer): void;
}

/** Cuts a server's bytes, which may arrive in any pieces, into messages, without an object or memory of its own for each. */
export class CopyMessages {
  private readonly handlers: CopyMessageHandlers;
  /** The beginning of a message whose end has not come. */
  private room = Buffer.allocUnsafe(FIRST_ROOM);
  private kept = 0;

  constructor(handlers: CopyMessageHandlers) {
    this.handlers = handlers;
  }

  /** `bytes` are not wanted any more when it returns. */
  read(bytes: Buffer): void {
    if (this.kept === 0) {
      this.keep(bytes, this.messages(bytes));
      return;
    }
    this.require(this.kept + bytes.length);
    bytes.copy(this.room, this.kept);
    const all = this.room.subarray(0, this.kept + bytes.length);
    this.keep(all, this.messages(all));
  }

  /** @returns where the first message begins that is not whole */
  private messages(bytes: Buffer): number {
    let at = 0;
    while (at + MESSAGE_HEADER <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      if (bytes[at] === COPY_DATA) this.handlers.onCopyData(bytes.subarray(at + MESSAGE_HEADER, end));
      else this.handlers.onOther(Buffer.from(bytes.subarray(at, end)));
      at = end;
    }
    return at;
  }

  private keep(bytes: Buffer, from: number): void {
    this.kept = 0; // nothing of what is there is to be moved
    this.require(bytes.length - from);
    this.kept = bytes.copy(this.room, 0, from);
  }

  private require(length: number): void {
    if (length <= this.room.length) return;
    const larger = Buffer.allocUnsafe(2 * length);
    this.room.copy(larger, 0, 0, this.kept);
    this.room = larger;
  }
}
