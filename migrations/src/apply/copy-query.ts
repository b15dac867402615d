import pg from 'pg';

interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  readonly stream: { cork(): void; uncork(): void; write(chunk: Buffer): unknown };
  endCopyFrom(): void;
}

/** Beyond this a message is not put together in the client's memory, which would grow to its size by doubling, but written as it lies. */
const LARGE = 64 * 1024;

function sendCopyData(wire: CopyConnection, data: Buffer): void {
  if (data.length < LARGE) {
    wire.sendCopyFromChunk(data);
    return;
  }
  const header = Buffer.alloc(5);
  header.write('d');
  header.writeUInt32BE(data.length + 4, 1);
  wire.stream.cork();
  wire.stream.write(header);
  wire.stream.write(data);
  wire.stream.uncork();
}

/**
 * COPY … FROM STDIN that does not wait for the server to ask for the data, so that it may stand in a pipeline. A server that refuses the statement passes over the data
 * that follows (PostgreSQL docs, "COPY Operations": messages of a failed copy are dropped).
 */
export class CopyQuery extends pg.Query {
  readonly done: Promise<pg.QueryResult>;

  constructor(text: string, data: Buffer) {
    super(text);
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>();
    this.done = promise;
    (this as unknown as { callback: (error: Error | null, result: pg.QueryResult) => void }).callback = (error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    };
    this.submit = (connection) => {
      const wire = connection as unknown as CopyConnection;
      wire.query(text);
      sendCopyData(wire, data);
      wire.endCopyFrom();
    };
  }

  handleCopyInResponse(): void {
    // the data is on its way
  }
}
