import pg from 'pg';

interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
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
      wire.sendCopyFromChunk(data);
      wire.endCopyFrom();
    };
  }

  handleCopyInResponse(): void {
    // the data is on its way
  }
}
