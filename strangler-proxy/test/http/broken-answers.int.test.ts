import { expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dripping, json, resetting, silent, startUpstream, truncating } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

interface Problem { readonly error: { readonly code: string } }
const codeOf = async (answer: Response): Promise<string> => (await answer.json() as Problem).error.code;

test('a body that breaks off upstream never looks complete: neither by length nor by chunks', async () => {
  await using byLength = await startUpstream(truncating('half', 100));
  await using byChunks = await startUpstream((req, res) => {
    res.write('half');
    setTimeout(() => { req.socket.destroy(); }, 10);
  });
  for (const monolith of [byLength, byChunks]) {
    await using proxy = await proxyOver({ monolith: monolith.url });
    await expect(fetch(proxy.url).then(async (answer) => answer.text())).rejects.toThrow();
    expect((await raw(proxy.port, 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n')).body).not.toContain('0\r\n\r\n');
  }
});

test('a monolith that is not there is 502, and found again when it is', async () => {
  const first = await startUpstream(json({}));
  await first.stop();
  await using proxy = await proxyOver({ monolith: first.url });
  const answer = await fetch(proxy.url);
  expect([answer.status, await codeOf(answer)]).toEqual([502, 'STR_UPSTREAM_REFUSED']);
  expect(await proxy.proxy.checkUpstreams()).toMatchObject([{ code: 'STR_UPSTREAM_UNREACHABLE', where: 'monolith' }]);
  await using again = await startUpstream(json({}), { port: first.port });
  expect([(await fetch(proxy.url)).status, again.seen.length]).toEqual([200, 1]);
});

test('a reset before the answer is 502; silence is 504; what is not HTTP is 502', async () => {
  await using resets = await startUpstream(resetting);
  await using never = await startUpstream(silent);
  const liar = createServer((socket) => { socket.resume().end('SSH-2.0-OpenSSH\r\n\r\n'); });
  await new Promise<void>((resolve) => { liar.listen(0, '127.0.0.1', resolve); });
  const cases = [[resets.url, 502, 'STR_UPSTREAM_RESET'], [never.url, 504, 'STR_UPSTREAM_TIMEOUT'], [`http://127.0.0.1:${String((liar.address() as AddressInfo).port)}`, 502, 'STR_UPSTREAM_BAD_ANSWER']] as const;
  for (const [monolith, status, code] of cases) {
    await using proxy = await proxyOver({ monolith, limits: { answerTimeoutMs: 100 } });
    const answer = await fetch(proxy.url, { method: 'POST', body: 'x' });
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  }
  liar.close();
});

test('a body that drips is not silence', async () => {
  await using monolith = await startUpstream(dripping(['a', 'b', 'c'], 120));
  await using proxy = await proxyOver({ monolith: monolith.url, limits: { answerTimeoutMs: 100 } });
  expect(await (await fetch(proxy.url)).text()).toBe('abc');
});
