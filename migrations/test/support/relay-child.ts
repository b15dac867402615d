/** A relay as a process of its own, to be killed: relays as the JSON in its first argument says until somebody ends it. */
import { kafkaPublisher, rabbitPublisher, startRelay, type RelayOptions } from '@strangler/migrations';

const { broker, ...options } = JSON.parse(process.argv[2] ?? '{}') as RelayOptions & { readonly broker?: string };
const publisher = broker === undefined ? undefined : options.destination === 'kafka' ? kafkaPublisher({ brokers: [broker] }) : rabbitPublisher({ url: broker });
const relay = await startRelay({ ...options, ...(publisher === undefined ? {} : { publisher }), onEvent: (event) => { process.stdout.write(`${event.kind}\n`); } });
await relay.failed.catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
