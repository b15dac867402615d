import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { StranglerError } from '@strangler/kernel';

export interface Address {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Listens and says where. @throws StranglerError STR_PORT_TAKEN, STR_CANNOT_LISTEN (exit code 3). */
export async function listen(server: Server, { host, port }: Address, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => { reject(cannotListen(cause, host, port, what)); });
    server.listen({ host, port }, () => {
      const { port: bound, address, family } = server.address() as AddressInfo;
      const name = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
      resolve(`http://${name}:${String(bound)}`);
    });
  });
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number, what: string): StranglerError {
  return cause.code === 'EADDRINUSE'
    ? new StranglerError({ code: 'STR_PORT_TAKEN', message: `Port ${String(port)} on ${host} is taken; ${what} cannot listen there.`, remedy: 'Stop what listens there, or choose another port (0 takes any free one).', exitCode: 3, cause })
    : new StranglerError({ code: 'STR_CANNOT_LISTEN', message: `${what} cannot listen on ${host}:${String(port)}: ${cause.message}`, remedy: 'Choose an address of this machine and a port you may use.', exitCode: 3, cause });
}

/** Follows a server's connections, so that it can be stopped without cutting a request off. */
export function drainable(server: Server): (deadlineMs: number) => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => { sockets.delete(socket); });
  });
  return async (deadlineMs) => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
    // A kept-alive connection turns idle only after its current answer; ask again until all have.
    const sweep = setInterval(() => { server.closeIdleConnections(); }, 20);
    const deadline = setTimeout(() => { for (const socket of sockets) socket.destroy(); }, deadlineMs);
    server.closeIdleConnections();
    await closed;
    // Tunnels are no longer the server's connections, but still ours.
    for (const socket of sockets) socket.destroy();
    clearInterval(sweep);
    clearTimeout(deadline);
  };
}
