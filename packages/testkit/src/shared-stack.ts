import { request } from 'node:http';
import type { KafkaVersion } from '@strangler/local-kafka';

/** A server that all test files of a run share; never stop it, never kill it. */
export interface SharedServer {
  readonly url: string;
}

/** Set by the global set-up: where the keeper listens. */
export const KEEPER = 'STRANGLER_TEST_STACK';

/** `host:port` of a Kafka broker, started when the first test asks for it. Give topics and groups names of your own. */
export const sharedKafka = async (version: KafkaVersion = '3.9.2'): Promise<string> => (await ask(`/kafka?version=${version}`)).url;

/** The REST address of a Connect worker beside `sharedKafka`, with Debezium's connectors for PostgreSQL, MySQL and MariaDB. Remove the connectors you register. */
export const sharedConnect = async (version: KafkaVersion = '3.9.2'): Promise<string> => (await ask(`/connect?version=${version}`)).url;

/** A connection that ends with the answer: an idle one would count as left open. */
function ask(path: string): Promise<SharedServer> {
  const keeper = process.env[KEEPER];
  if (keeper === undefined) throw new Error(`${KEEPER} is not set: integration tests run under jest's global set-up (packages/testkit/src/jest-postgres.ts).`);
  return new Promise((resolve, reject) => {
    request(`${keeper}${path}`, { agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).once('end', () => {
        const said = JSON.parse(body) as SharedServer & { readonly error?: string };
        if (said.error === undefined) resolve(said); else reject(new Error(said.error));
      });
    }).once('error', reject).end();
  });
}
