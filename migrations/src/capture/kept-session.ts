import type pg from 'pg';
import { connect, isPassing, type Side } from './connect.ts';

/** One session for many uses: opened before somebody waits for it, and opened anew by the next use when it was lost. */
export class KeptSession {
  private readonly url: string;
  private readonly side: Side;
  private client: pg.Client | undefined;
  private closed = false;
  private worked = false;

  constructor(url: string, side: Side) {
    this.url = url;
    this.side = side;
  }

  /** Whether there ever was a connection: if not, the URL may simply be wrong. */
  get everOpened(): boolean {
    return this.worked;
  }

  /** @throws StranglerError STR_DATABASE_UNREACHABLE */
  async open(): Promise<pg.Client> {
    if (this.client !== undefined) return this.client;
    const client = await connect(this.url, this.side);
    if (this.closed) {
      await client.end();
      throw new Error(`the ${this.side} session was closed`);
    }
    this.worked = true;
    this.client = client;
    return client;
  }

  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    try {
      return await work(await this.open());
    } catch (error) {
      if (isPassing(error)) await this.drop();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.drop();
  }

  private async drop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}
