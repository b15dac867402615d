import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * Mends kafkajs#1751: with nothing pending, its request queue sets a timer to a moment long past (`-1 - Date.now()`), and does so again each time it fires: a thousand
 * wake-ups a second per connection, and on Node 24 a TimeoutNegativeWarning. A queue without pending requests needs no timer: whatever is enqueued next sets its own.
 */
export function mendKafkajs(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue & { mended?: true } };
  if (prototype.mended === true) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleIfPending(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
  prototype.mended = true;
}
