/**
 * A domain event on its way to a broker, in the shape of Debezium's event router with string converters: whoever consumes cannot tell which relay sent it.
 * Values are the database's own text.
 */
export interface OutboundMessage {
  /** `<service>.<aggregatetype>`. */
  readonly topic: string;
  /** The aggregate's id: messages of one key keep their order. */
  readonly key: string;
  /** The payload column's text; null for SQL's NULL. */
  readonly value: string | null;
  /** `id` is what makes a consumer idempotent; `eventType`; `occurredAt` where the outbox has `created_at`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How far a batch got. Everything before `delivered` is safe at the broker; `refusal` says why the message at `delivered` never will be. */
export interface Delivery {
  readonly delivered: number;
  readonly refusal?: string;
}

/** Where events go. */
export interface Publisher {
  /**
   * Resolves when all of the batch is safe at the broker, or when the broker refused one message for what it is. Messages of a key arrive in the order of the
   * batch; some may arrive again. Rejects when the broker cannot be reached or cannot take them now: the caller tries the batch again.
   */
  publish(messages: readonly OutboundMessage[]): Promise<Delivery>;
  close(): Promise<void>;
}
