import { request } from 'node:http';
import { test } from '@jest/globals';
import { dripping, silent, startUpstream } from '@strangler/testkit';
import { proxyOver, until } from '../support/proxy.ts';

test('a client that leaves before the answer cancels the request upstream', async () => {
  await using monolith = await startUpstream(silent);
  await using proxy = await proxyOver({ monolith: monolith.url });
  for (let i = 0; i < 5; i += 1) {
    const client = request(`${proxy.url}/report`).on('error', () => undefined);
    client.end();
    await until('the monolith sees it', () => monolith.seen.length === i + 1);
    client.destroy();
    await until('the monolith is told', () => monolith.aborted === i + 1);
  }
  await until('it is counted', async () => (await proxy.admin.status()).requests.clientGone === 5);
});

test('a client that leaves within the answer cancels it upstream', async () => {
  await using monolith = await startUpstream(dripping(Array.from({ length: 500 }, () => 'x'), 20));
  await using proxy = await proxyOver({ monolith: monolith.url });
  const client = request(proxy.url, (answer) => { answer.once('data', () => { client.destroy(); }); }).on('error', () => undefined);
  client.end();
  await until('the monolith is told', () => monolith.aborted === 1);
});
