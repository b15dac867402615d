import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { echo, startUpstream } from '@strangler/testkit';
import { ANN, proxyOver, raw, until } from '../support/proxy.ts';

/** The smallest WebSocket server: it shakes hands, says who it is in one text frame, and echoes raw frames. */
async function socketServer(name: string): Promise<{ url: string; seen: IncomingMessage[]; stop: () => void }> {
  const seen: IncomingMessage[] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer((_req, res) => { res.end('http'); }).on('upgrade', (req: IncomingMessage, socket: Socket) => {
    seen.push(req);
    sockets.push(socket);
    const accept = createHash('sha1').update(`${req.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.on('error', () => undefined).write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.write(Buffer.concat([Buffer.from([0x81, name.length]), Buffer.from(name)]));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, seen, stop: () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  } };
}

const handshake = (path: string, protocol = 'websocket'): string => `GET ${path} HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n`;

test('a handshake that is the very first request reaches the monolith, and frames pass both ways', async () => {
  const monolith = await socketServer('monolith');
  await using proxy = await proxyOver({ monolith: monolith.url, limits: { drainMs: 100 } });
  const answer = await raw(proxy.port, `${handshake('/live')}hello`);
  expect(answer.status).toBe(101);
  expect(answer.head).toContain('sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=');
  expect(answer.body).toBe('\u0081\u0008monolithhello');
  expect(monolith.seen).toHaveLength(1);
  expect(monolith.seen[0]?.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', via: '1.1 strangler' });
  monolith.stop();
});

test('a handshake follows its route to the service, and to nobody else', async () => {
  const [monolith, service] = await Promise.all([socketServer('monolith'), socketServer('service')]);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, limits: { drainMs: 100 }, routes: { live: { match: 'GET /live', to: 'catalog', stage: 'monolith' } } });
  await proxy.admin.promote('live', { ...ANN, to: 'service', force: true });
  expect((await raw(proxy.port, handshake('/live'))).body).toContain('service');
  expect((await raw(proxy.port, handshake('/other'))).body).toContain('monolith');
  expect([monolith.seen.length, service.seen.length]).toEqual([1, 1]);
  monolith.stop();
  service.stop();
});

test('no other protocol is switched to: h2c stays an ordinary request', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, handshake('/menu', 'h2c'))).status).toBe(200);
  expect(monolith.seen[0]?.headers).not.toHaveProperty('upgrade');
});

test('an upstream that is not there is said so, not left hanging', async () => {
  const gone = await startUpstream(echo);
  await gone.stop();
  await using proxy = await proxyOver({ monolith: gone.url });
  expect((await raw(proxy.port, handshake('/live'), 2_000)).status).toBe(502);
});

test('an upstream that declines the handshake is heard', async () => {
  await using monolith = await startUpstream((_req, res) => { res.writeHead(426).end('no'); });
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, handshake('/live'))).status).toBe(426);
});

test('a handshake of a route that writes waits at the fence, and goes where the flip says', async () => {
  const [monolith, service] = await Promise.all([socketServer('monolith'), socketServer('service')]);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, limits: { drainMs: 100 }, routes: { live: { match: 'GET /live', to: 'catalog', writes: ['orders'], stage: 'monolith' } } });
  const { fenceId } = await proxy.admin.fence({ tables: ['orders'], deadlineMs: 5_000, by: 'ann', why: 'a test' });
  const waiting = raw(proxy.port, handshake('/live'), 1_000);
  await until('the handshake waits', async () => (await proxy.admin.status()).fences[0]?.heldRequests === 1);
  await proxy.admin.flip(fenceId, { to: 'service', by: 'ann', why: 'a test' });
  expect((await waiting).body).toContain('service');
  expect(monolith.seen).toEqual([]);
  monolith.stop();
  service.stop();
});
