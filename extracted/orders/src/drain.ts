import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How long clients with an open connection have to notice that we are leaving. */
const FAREWELL_MS = 500;

/**
 * Accepts no new connection and lets requests in flight finish, `deadlineMs` at most. A connection between two requests may send one more and
 * is told `connection: close` with its answer: the one moment at which it can end without losing a request. Those still idle after
 * FAREWELL_MS are cut.
 */
export async function drain(server: Server, deadlineMs: number): Promise<void> {
  // http.Server.close() would cut idle connections at once, perhaps while a request is on its way in; net.Server.close() does not.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => { resolve(); });
  });
  const deadline = setTimeout(() => { server.closeAllConnections(); }, deadlineMs);
  await Promise.race([closed, delay(FAREWELL_MS)]);
  const hangUp = setInterval(() => { server.closeIdleConnections(); }, 20);
  await closed;
  clearInterval(hangUp);
  clearTimeout(deadline);
}
