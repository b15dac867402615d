import { setImmediate } from 'node:timers/promises';
import { connect, type ChannelModel, type ConfirmChannel, type Options } from 'amqplib';
import type { Delivery, OutboundMessage, Publisher } from '../log/publisher.ts';

export interface RabbitPublisherOptions {
  /** `amqp://user:password@host:5672/vhost`. */
  readonly url: string;
  /** A durable topic exchange, made where it is missing; the routing key is the message's topic. */
  readonly exchange?: string;
  /**
   * Several events of one aggregate may be on their way at once. Much faster on classic queues, which take up to 200 ms to confirm; but where a queue refuses messages
   * (overflow `reject-publish`), a later event may then arrive before an earlier one that has to be sent again.
   */
  readonly pipelined?: boolean;
}

/** AMQP 0-9-1 reply codes that speak of the message: content too large, and RabbitMQ's own limit (406, "message size … larger than configured max size"). */
const TOO_LARGE = /message size|CONTENT_TOO_LARGE/i;
/** As long as this a broker may take to confirm a message; a connection it forgot would never. */
const CONFIRM_MS = 30_000;

/** Publishes to RabbitMQ: persistent messages, each confirmed by the broker, each routed to at least one queue. Connects when it has to. */
export const rabbitPublisher = (options: RabbitPublisherOptions): Publisher => new RabbitPublisher(options);

interface Session {
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  /** Ids of messages that no queue wanted; the broker says so before it confirms them. */
  readonly returned: Set<string>;
  /** Why connection or channel ended. */
  readonly state: { broken?: Error };
}

class RabbitPublisher implements Publisher {
  private readonly options: RabbitPublisherOptions;
  private session: Session | undefined;

  constructor(options: RabbitPublisherOptions) {
    this.options = options;
  }

  async publish(messages: readonly OutboundMessage[]): Promise<Delivery> {
    const confirmed = new Set<number>();
    try {
      await this.flight(await this.open(), messages, confirmed);
      return { delivered: messages.length };
    } catch (error) {
      const why = await this.abandon(error);
      if (!TOO_LARGE.test(why.message)) throw why;
      return this.oneByOne(messages, messages.findIndex((_, index) => !confirmed.has(index)));
    }
  }

  /** All at once, but of an aggregate one after the other, unless the caller chose speed: what a queue refuses must not be overtaken by the next of its aggregate. */
  private async flight(session: Session, messages: readonly OutboundMessage[], confirmed: Set<number>): Promise<void> {
    const before = new Map<string, Promise<void>>();
    let failed = false;
    const sent = messages.map((message, index) => {
      const aggregate = `${message.topic}\0${message.key}`;
      const send = async (): Promise<void> => {
        if (failed) return;
        await this.send(session, message);
        confirmed.add(index);
      };
      const mine = this.options.pipelined === true ? send() : (before.get(aggregate) ?? Promise.resolve()).then(send);
      before.set(aggregate, mine);
      return mine.catch((error: unknown) => {
        failed = true;
        throw error;
      });
    });
    for (const mine of before.values()) mine.catch(() => undefined); // every one of them is in `sent`, too
    await Promise.all(sent);
  }

  /** The broker closed the channel over one of several messages. Which one shows when each goes alone; what had arrived already arrives again. */
  private async oneByOne(messages: readonly OutboundMessage[], from: number): Promise<Delivery> {
    for (const [index, message] of messages.entries()) {
      if (index < from) continue;
      try {
        await this.send(await this.open(), message);
      } catch (error) {
        const why = await this.abandon(error);
        if (!TOO_LARGE.test(why.message)) throw why;
        return { delivered: index, refusal: why.message };
      }
    }
    return { delivered: messages.length };
  }

  /** Gives the connection up and says why it failed: the channel's own reason comes a moment after the failed call. */
  private async abandon(error: unknown): Promise<Error> {
    await setImmediate();
    const why = this.session?.state.broken ?? (error instanceof Error ? error : new Error(String(error)));
    await this.close();
    return why;
  }

  private async send({ channel, returned }: Session, { topic, key, value, headers }: OutboundMessage): Promise<void> {
    const id = headers['id'] ?? '';
    const options: Options.Publish = { persistent: true, mandatory: true, messageId: id, contentType: 'application/json', headers: { ...headers, key }, ...(headers['eventType'] === undefined ? {} : { type: headers['eventType'] }) };
    const exchange = this.options.exchange ?? EXCHANGE;
    await withDeadline(new Promise<void>((resolve, reject) => {
      channel.publish(exchange, topic, Buffer.from(value ?? ''), options, (refused) => { if (refused === null || refused === undefined) resolve(); else reject(refused as Error); });
    }));
    if (returned.delete(id)) throw new Error(`no queue is bound to the exchange ${exchange} for ${topic}: nobody would get the event ${id}`);
  }

  private async open(): Promise<Session> {
    if (this.session !== undefined && this.session.state.broken === undefined) return this.session;
    await this.close();
    const connection = await connect(this.options.url, { timeout: 10_000 });
    const state: Session['state'] = {};
    const lost = (error?: Error): void => { state.broken ??= error ?? new Error('RabbitMQ closed the connection'); };
    connection.on('error', lost);
    connection.on('close', lost);
    try {
      const channel = await connection.createConfirmChannel();
      channel.on('error', lost);
      const returned = new Set<string>();
      channel.on('return', ({ properties }: { properties: { messageId?: string } }) => { returned.add(properties.messageId ?? ''); });
      await channel.assertExchange(this.options.exchange ?? EXCHANGE, 'topic', { durable: true });
      this.session = { connection, channel, returned, state };
      return this.session;
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw state.broken ?? error;
    }
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.connection.close().catch(() => undefined);
  }
}

export const EXCHANGE = 'outbox';

async function withDeadline(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(`RabbitMQ did not confirm a message within ${String(CONFIRM_MS)} ms`)); }, CONFIRM_MS); });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
