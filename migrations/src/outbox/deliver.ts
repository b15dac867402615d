import { ExitCode, StranglerError } from '@strangler/kernel';
import type { OutboundMessage, Publisher } from '../log/publisher.ts';
import type { RelayPlace } from './relay-place.ts';

/** What happens when the broker refuses an event for what it is: everything stops, or it is put aside and later events of its aggregate wait behind it. */
export type OnRefusal = 'stop' | 'park';

export interface DeliveryOptions {
  readonly service: string;
  readonly publisher: Publisher;
  readonly place: Pick<RelayPlace, 'park' | 'parked' | 'unpark'>;
  readonly onRefusal: OnRefusal;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
  readonly onParked?: (message: OutboundMessage, reason: string | null) => void;
}

const RETRY_MS = { first: 200, longest: 5_000 };

/** Delivers messages in order; only an aggregate of which an event was refused stands still, the others go on. */
export class Deliverer {
  private readonly options: DeliveryOptions;
  private readonly standing = new Set<string>();

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  /** A method: the compiler must not believe that it never changes. */
  private isStopped(): boolean {
    return this.options.signal.aborted;
  }

  /** Tries what was parked by earlier runs once more, each aggregate in its order; what is refused again stays, and so does what waits behind it. */
  async retryParked(): Promise<void> {
    const { place } = this.options;
    for (const { eventId, aggregate, message } of await place.parked()) {
      if (this.standing.has(aggregate)) continue;
      const refusal = await this.send([JSON.parse(message) as OutboundMessage]);
      if (refusal === undefined) await place.unpark(eventId);
      else this.standing.add(aggregate);
      if (this.isStopped()) return;
    }
  }

  /** Resolves when every message is safe at the broker, or parked. Ends early, having delivered less, when told to stop. @throws StranglerError STR_EVENT_REFUSED */
  async deliver(messages: readonly OutboundMessage[]): Promise<void> {
    for (let rest = messages; rest.length > 0 && !this.isStopped();) {
      const stands = rest.findIndex((message) => this.standing.has(aggregateOf(message)));
      const moving = stands < 0 ? rest : rest.slice(0, stands);
      const refusal = await this.send(moving);
      if (this.isStopped()) return;
      const at = refusal === undefined ? moving.length : refusal.at;
      const message = rest[at];
      if (message === undefined) return;
      await this.putAside(message, refusal?.reason ?? null);
      rest = rest.slice(at + 1);
    }
  }

  private async putAside(message: OutboundMessage, reason: string | null): Promise<void> {
    const { place, onRefusal, service, onParked } = this.options;
    if (onRefusal === 'stop' && reason !== null) throw refused(service, message, reason);
    if (await place.park({ eventId: message.headers['id'] ?? '', aggregate: aggregateOf(message), message: JSON.stringify(message), reason })) this.standing.add(aggregateOf(message));
    onParked?.(message, reason);
  }

  /** Again and again until the broker takes it, says no, or we are told to stop. */
  private async send(messages: readonly OutboundMessage[]): Promise<{ readonly at: number; readonly reason: string } | undefined> {
    let sent = 0;
    for (let retryMs = RETRY_MS.first; sent < messages.length && !this.isStopped();) {
      try {
        const { delivered, refusal } = await this.options.publisher.publish(messages.slice(sent));
        sent += delivered;
        if (refusal !== undefined) return { at: sent, reason: refusal };
        retryMs = RETRY_MS.first;
      } catch (error) {
        if (this.isStopped()) return undefined;
        this.options.onTrouble(error, retryMs);
        await this.options.sleep(retryMs);
        retryMs = Math.min(2 * retryMs, RETRY_MS.longest);
      }
    }
    return undefined;
  }
}

export const aggregateOf = ({ topic, key }: OutboundMessage): string => `${topic}/${key}`;

const refused = (service: string, { headers, topic, key }: OutboundMessage, reason: string): StranglerError => new StranglerError({
  code: 'STR_EVENT_REFUSED', exitCode: ExitCode.no,
  message: `The broker refuses the event ${headers['id'] ?? ''} (${headers['eventType'] ?? ''}) of ${topic}/${key} in the outbox of ${service}: ${reason}.`,
  remedy: 'Raise the broker\'s limit and start again: it goes on with this event. Or let the others pass: `onRefusal: \'park\'` in the service\'s outbox puts it and what follows of the same aggregate aside.',
});
