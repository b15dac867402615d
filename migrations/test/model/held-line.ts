import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const READY = Buffer.from([0x5a, 0, 0, 0, 5]);

/**
 * One session's wire to a PostgreSQL server, which can be held: what was sent is then neither lost nor carried out, and may outlive its sender. That is how a commit is
 * "under way" in the model, and what a cut network or a stopped router does.
 */
export class HeldLine {
  readonly url: string;
  private readonly server: Server;
  private client: Socket | undefined;
  private upstream: Socket | undefined;
  private held: Buffer[] | undefined;
  private swallowed: Buffer | undefined;
  private onSwallowed: () => void = () => undefined;

  private constructor(server: Server, url: string) {
    this.server = server;
    this.url = url;
  }

  static async to(url: string): Promise<HeldLine> {
    const target = new URL(url);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String((server.address() as { port: number }).port);
    const line = new HeldLine(server, through.href);
    server.on('connection', (client) => { line.join(client, connect(Number(target.port), target.hostname)); });
    return line;
  }

  private join(client: Socket, upstream: Socket): void {
    [this.client, this.upstream] = [client, upstream];
    for (const socket of [client, upstream]) socket.on('error', () => undefined).setNoDelay(true);
    client.on('data', (bytes) => {
      if (this.held === undefined) upstream.write(bytes);
      else this.held.push(bytes);
    });
    client.on('close', () => { if (this.held === undefined) upstream.destroy(); });
    upstream.on('data', (bytes) => {
      if (this.swallowed === undefined) client.write(bytes);
      else this.swallow(bytes);
    });
    upstream.on('close', () => client.destroy());
  }

  private swallow(bytes: Buffer): void {
    this.swallowed = Buffer.concat([this.swallowed ?? Buffer.alloc(0), bytes]);
    if (this.swallowed.subarray(-6, -1).equals(READY)) this.onSwallowed();
  }

  hold(): void {
    this.held = [];
  }

  /** Resolves once a whole transaction is on the wire. */
  async holdsCommit(): Promise<void> {
    while (!Buffer.concat(this.held ?? []).includes('COMMIT\0')) await delay(1);
  }

  /** What was held goes on, to its end. */
  async deliver(): Promise<void> {
    const { held = [], upstream, client } = this;
    this.held = undefined;
    if (upstream === undefined) throw new Error('nobody has called');
    upstream.write(Buffer.concat(held));
    if (client?.destroyed !== true) return;
    upstream.end();
    await once(upstream, 'close');
  }

  /** A statement from outside, while the session has nothing to do. Its answer goes to nobody. */
  async interject(sql: string): Promise<void> {
    const text = Buffer.from(`${sql}\0`);
    const head = Buffer.alloc(5, 'Q');
    head.writeUInt32BE(text.length + 4, 1);
    this.swallowed = Buffer.alloc(0);
    const done = new Promise<void>((resolve) => { this.onSwallowed = resolve; });
    this.upstream?.write(Buffer.concat([head, text]));
    await done;
    const refused = this.swallowed.includes('SERROR');
    this.swallowed = undefined;
    if (refused) throw new Error(`refused: ${sql}`);
  }

  /** The sender is gone; what is held stays. */
  killSender(): void {
    this.client?.destroy();
  }

  async close(): Promise<void> {
    this.held = undefined;
    this.client?.destroy();
    this.upstream?.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
