/**
 * The process that owns the servers all test files share: jest's workers come and go, and a server started by one of them would end with it. It is forked by the
 * global set-up, starts a server when a test first asks for it (`GET /kafka?version=3.9.2`), and ends them all when its parent goes.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StranglerError } from '@strangler/kernel';
import type { KafkaVersion } from '@strangler/local-kafka';
import { testConnect, testKafka } from './stack.ts';
import type { SharedServer } from './shared-stack.ts';

const started = new Map<string, Promise<SharedServer & AsyncDisposable>>();

const once = (key: string, start: () => Promise<SharedServer & AsyncDisposable>): Promise<SharedServer & AsyncDisposable> => {
  const server = started.get(key) ?? start();
  started.set(key, server);
  return server;
};

const kafka = (version: KafkaVersion): Promise<SharedServer & AsyncDisposable> => once(`kafka ${version}`, async () => {
  const server = await testKafka({ version });
  return { url: server.bootstrap, [Symbol.asyncDispose]: () => server.stop() };
});

const connect = (version: KafkaVersion): Promise<SharedServer & AsyncDisposable> => once(`connect ${version}`, async () => {
  const { url: bootstrap } = await kafka(version);
  const server = await testConnect({ kafka: { bootstrap, version }, plugins: ['postgres', 'mysql', 'mariadb'] });
  return { url: server.url, [Symbol.asyncDispose]: () => server.stop() };
});

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://keeper');
  const version = (searchParams.get('version') ?? '3.9.2') as KafkaVersion;
  const wanted = pathname === '/kafka' ? kafka(version) : connect(version);
  wanted.then(({ url }) => { res.end(JSON.stringify({ url })); }, (error: unknown) => {
    const said = error instanceof StranglerError ? `${error.code} ${error.message} ${error.remedy}` : String((error as Error).stack);
    res.writeHead(500).end(JSON.stringify({ error: said }));
  });
}).listen(0, '127.0.0.1', () => { process.send?.((server.address() as AddressInfo).port); });

/** What uses the others goes first. */
async function end(): Promise<void> {
  for (const each of [...started.values()].reverse()) await each.then((one) => one[Symbol.asyncDispose](), () => undefined);
  process.exit(0);
}
process.once('disconnect', () => { void end(); });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined); // the parent says when
