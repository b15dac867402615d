import { once } from 'node:events';
import { connect } from 'node:net';

const PATIENCE_MS = 2_000;

/**
 * The number of brokers that a broker knows to be alive: 0 until it has joined the cluster and takes requests. One Metadata request, version 4, of no topics
 * (https://kafka.apache.org/protocol#The_Messages_Metadata). Rejects while nobody listens.
 */
export async function aliveBrokers(port: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(PATIENCE_MS, () => { socket.destroy(new Error('no answer')); });
  try {
    await once(socket, 'connect');
    socket.write(metadataRequest());
    let answer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= BROKERS_AT + 4) return answer.readInt32BE(BROKERS_AT);
    }
    throw new Error('the broker closed the connection');
  } finally {
    socket.destroy();
  }
}

/** Size, correlation id and throttle time come first. */
const BROKERS_AT = 12;

function metadataRequest(): Buffer {
  const client = Buffer.from('strangler');
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4 + 1);
  let at = request.writeInt32BE(request.length - 4);
  at = request.writeInt16BE(3, at); // Metadata
  at = request.writeInt16BE(4, at);
  at = request.writeInt32BE(1, at); // correlation id
  at = request.writeInt16BE(client.length, at);
  at += client.copy(request, at);
  at = request.writeInt32BE(0, at); // no topics
  request.writeInt8(0, at); // and none is to be created
  return request;
}
