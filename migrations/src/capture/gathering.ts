/**
 * The server sends each message by itself, and a process that wakes up for each, syncs a log for it and commits it at the target costs more than the changes do. So
 * where they come fast the socket rests between two reads, and the longer the faster they come: a busy stream is read seldom and much at once. What comes slower than
 * forty messages in ten milliseconds (some 1,300 one-row transactions a second) is never kept waiting, and nothing rests while more lies there than one read takes.
 */
const BUSY = { messages: 40, perMs: 4 };
/**
 * A busy stream rests `least`; from 10 messages a millisecond on (3,300 one-row transactions a second) longer, in proportion, up to `most`, but not until more lies there
 * than is well handled at once.
 */
const REST_MS = { least: 5, most: 25, messagesPerMsEach: 2 };
const BYTES_AT_ONCE = 400_000;
/** A read that brought this much was not the last of what was there. */
const FULL_READ_BYTES = 200_000;

/** Counts what a socket brings between two rests. Times in milliseconds of any one clock. */
export class Gathering {
  private messages = 0;
  private bytes = 0;
  private sinceMs: number;

  constructor(nowMs: number) {
    this.sinceMs = nowMs;
  }

  /** @returns true with the message that makes it worth asking `rest` when this read is over */
  count(bytes: number): boolean {
    this.messages += 1;
    this.bytes += bytes;
    return this.messages === BUSY.messages;
  }

  /** How long the socket should rest after this read, 0 for not at all. Counting begins anew. */
  rest(nowMs: number): number {
    const ms = Math.max(nowMs - this.sinceMs, 0.01);
    const [perMs, bytesPerMs, full] = [this.messages / ms, this.bytes / ms, this.bytes >= FULL_READ_BYTES];
    [this.messages, this.bytes, this.sinceMs] = [0, 0, nowMs];
    if (perMs < BUSY.perMs || full) return 0;
    return Math.max(REST_MS.least, Math.min(perMs / REST_MS.messagesPerMsEach, REST_MS.most, BYTES_AT_ONCE / bytesPerMs));
  }
}
