import type { ChangeEvent, ChangeTransaction } from './change-event.ts';
import type { PgoutputMessage } from './pgoutput.ts';

/** Gathers messages into whole source transactions. What holds neither an event nor a marker of ours is nobody's business and is dropped. */
export class TransactionAssembler {
  private open: { xid: number; committedAtMs: number; events: ChangeEvent[]; marker?: string } | undefined;

  get inTransaction(): boolean {
    return this.open !== undefined;
  }

  /** The transaction this message completes, if it completes one that matters. */
  add(message: PgoutputMessage): ChangeTransaction | undefined {
    switch (message.kind) {
      case 'begin': this.open = { xid: message.xid, committedAtMs: message.committedAtMs, events: [] }; return undefined;
      case 'changes': this.current().events.push(...message.events); return undefined;
      case 'marker': this.current().marker = message.content; return undefined;
      case 'none': return undefined;
      case 'commit': {
        const done = this.current();
        this.open = undefined;
        return done.events.length === 0 && done.marker === undefined ? undefined : { commitLsn: message.endLsn, ...done };
      }
    }
  }

  private current(): { xid: number; committedAtMs: number; events: ChangeEvent[]; marker?: string } {
    if (this.open === undefined) throw new Error('pgoutput: a change outside a transaction');
    return this.open;
  }
}
