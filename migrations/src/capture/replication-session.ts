import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { connect } from './connect.ts';
import { CopyMessages } from './copy-messages.ts';
import { divertInput, type DivertedStream } from './diverted-input.ts';
import { plainSocket } from './gulp-socket.ts';
import { LSN_ZERO, parseLsn, printLsn, type Lsn } from './lsn.ts';
import { orSayWhoIsWaitedFor } from './slot.ts';
import { quoteLiteral, quoteName } from './table-ref.ts';

export interface SlotSnapshot {
  readonly consistentPoint: Lsn;
  /** For SET TRANSACTION SNAPSHOT; dies with the next command on this session. */
  readonly snapshot: string;
}

export interface StreamHandlers {
  /** A WAL message; `payload` is pgoutput's, from `offset` on. Valid only during the call. */
  onData(bytes: Buffer, offset: number): void;
  onKeepalive(walEnd: Lsn, replyRequested: boolean): void;
}

/** pg's connection as far as the replication protocol needs it. */
interface RawConnection {
  readonly stream: DivertedStream & { destroy(): unknown };
  sendCopyFromChunk(chunk: Buffer): void;
  end(): void;
}

const GOODBYE_MS = 300;
const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
/** Tag, start of WAL, end of WAL, server clock: then comes the payload (PostgreSQL docs, "Streaming Replication Protocol"). */
const XLOG_HEADER = 1 + 8 + 8 + 8;
const POSTGRES_EPOCH_MS = 946_684_800_000;

/**
 * A walsender session. It confirms what it is told to confirm and nothing else: the usual clients confirm what they have *received*,
 * and lose what was not yet durable.
 */
export class ReplicationSession {
  private readonly client: pg.Client;
  private readonly raw: RawConnection;
  private confirmed = LSN_ZERO;
  private streaming = false;

  private constructor(client: pg.Client) {
    this.client = client;
    this.raw = client.connection as unknown as RawConnection;
  }

  static async open(url: string): Promise<ReplicationSession> {
    return new ReplicationSession(await connect(url, 'source', { replication: true, ...plainSocket(url) }));
  }

  /** Creates a slot and exports the snapshot that fits it: what the snapshot does not show, the slot will stream. */
  async createSlot(slot: string): Promise<SlotSnapshot> {
    const create = () => this.client.query<{ consistent_point: string; snapshot_name: string }>(`CREATE_REPLICATION_SLOT ${quoteName(slot)} LOGICAL pgoutput (SNAPSHOT 'export')`);
    const { rows } = await orSayWhoIsWaitedFor(this.client, this.client, create);
    const [row] = rows;
    if (row === undefined) throw new Error('CREATE_REPLICATION_SLOT answered nothing');
    return { consistentPoint: parseLsn(row.consistent_point), snapshot: row.snapshot_name };
  }

  /** Streams until the connection ends; rejects with why it did. */
  async stream(slot: string, from: Lsn, options: Readonly<Record<string, string>>, handlers: StreamHandlers): Promise<never> {
    this.confirmed = from;
    const input = divertInput(this.raw.stream);
    const messages = new CopyMessages({ onCopyData: (payload) => { dispatch(payload, handlers); }, onOther: input.pass });
    input.to((bytes) => { messages.read(bytes); });
    const list = Object.entries(options).map(([name, value]) => `${name} ${quoteLiteral(value)}`).join(', ');
    this.streaming = true;
    const lost = once(this.client, 'end').then(() => { throw new Error('Connection terminated'); });
    lost.catch(() => undefined);
    try {
      await Promise.race([this.client.query(`START_REPLICATION SLOT ${quoteName(slot)} LOGICAL ${printLsn(from)} (${list})`), lost]);
      throw new Error('Connection terminated: the server ended the stream');
    } finally {
      this.streaming = false;
    }
  }

  /** Everything before `lsn` is durable here; the server may forget it once `report` has said so. Never goes back. */
  confirm(lsn: Lsn): void {
    if (lsn > this.confirmed) this.confirmed = lsn;
  }

  /** Sends a standby status update. */
  report(nowMs: number): void {
    if (!this.streaming) return;
    const message = Buffer.alloc(34);
    message.write('r', 0, 'ascii');
    for (const at of [1, 9, 17]) message.writeBigUInt64BE(this.confirmed, at); // written, flushed, applied
    message.writeBigInt64BE(BigInt(Math.round(nowMs) - POSTGRES_EPOCH_MS) * 1000n, 25);
    this.raw.sendCopyFromChunk(message);
  }

  pause(): void {
    this.raw.stream.pause();
  }

  resume(): void {
    this.raw.stream.resume();
  }

  /** Says what is confirmed and goodbye. A walsender that is busy sending may not listen: then the socket's end must do. */
  async close(nowMs: number): Promise<void> {
    this.report(nowMs);
    this.streaming = false;
    const ended = once(this.client, 'end').catch(() => undefined);
    this.raw.stream.resume();
    this.raw.end();
    await Promise.race([ended, delay(GOODBYE_MS, undefined, { ref: false })]);
    this.raw.stream.destroy();
    await this.client.end().catch(() => undefined);
  }
}

function dispatch(chunk: Buffer, handlers: StreamHandlers): void {
  if (chunk[0] === XLOG_DATA) handlers.onData(chunk, XLOG_HEADER);
  else if (chunk[0] === KEEPALIVE) handlers.onKeepalive(chunk.readBigUInt64BE(1) as Lsn, chunk[17] === 1);
}
