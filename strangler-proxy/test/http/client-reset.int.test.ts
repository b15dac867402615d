import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { echo, silent, startUpstream } from '@strangler/testkit';
import { proxyOver } from '../support/proxy.ts';

const upgrade = (more = ''): string => `GET /live HTTP/1.1\r\nHost: shop\r\n${more}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** An unheard socket error ends a process; a test runner only hears of it here. */
test.each([['refused', upgrade('Host: evil\r\n'), echo], ['declined', upgrade(), echo], ['unanswered', upgrade(), silent]] as const)('a client that resets its connection after a handshake that was %s leaves the proxy standing', async (_kind, request, script) => {
  const unheard: unknown[] = [];
  const hear = (error: unknown): void => { unheard.push(error); };
  process.on('uncaughtException', hear);
  await using monolith = await startUpstream(script);
  await using proxy = await proxyOver({ monolith: monolith.url, limits: { drainMs: 100 } });
  for (let i = 0; i < 10; i += 1) {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`${request}more bytes`);
    await sleep(5);
    socket.resetAndDestroy();
  }
  await sleep(50);
  expect((await fetch(`${proxy.proxy.adminUrl}/health`)).status).toBe(200);
  process.off('uncaughtException', hear);
  expect(unheard).toEqual([]);
});
