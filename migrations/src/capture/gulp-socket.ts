import { Socket } from 'node:net';
import { GULP } from './diverted-input.ts';

/** Such a socket for `connect`; an encrypted connection reads through one of its own. */
export const plainSocket = (url: string): { readonly stream?: () => Socket } => (/[?&]ssl/.test(url) || process.env['PGSSLMODE'] !== undefined ? {} : { stream: gulpSocket });

const GULP_BYTES = 256 * 1024;

/**
 * A socket that reads as much as there is in one go, and, paused, does not read at all. An ordinary one reads 64 KiB at most and goes on reading while it is paused,
 * until its own buffer is full: under a load of small messages a process would wake up for each of them.
 */
export function gulpSocket(): Socket {
  const buffer = Buffer.allocUnsafe(GULP_BYTES);
  const socket: Socket = new Socket({
    onread: {
      buffer,
      callback: (length) => {
        const bytes = buffer.subarray(0, length);
        if (!socket.emit(GULP, bytes)) socket.emit('data', Buffer.from(bytes)); // whoever listens to that may keep it, and the next read writes over ours
        return true;
      },
    },
  });
  return socket;
}
