import { join } from 'node:path';
import { env, ExitCode, resolveSetting, StranglerError, type OutboxConfig } from '@strangler/kernel';
import { discardParked, kafkaPublisher, LSN_ZERO, parkedOf, parseLsn, printLsn, rabbitPublisher, readEvents, removeRelay, startRelay, type Publisher, type RelayEvent } from '@strangler/migrations';
import { flag, text, type Command, type Invocation, type Io, type Outcome } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, prepareStateDirectory, required, whoAsks, type Migration } from '../context.ts';
import { table as printTable } from '../print/table.ts';
import { untilAborted } from '../wait.ts';

const USAGE = 'relay SERVICE [--to kafka|rabbitmq|log] | relay SERVICE --parked | --discard EVENT --why TEXT [--execute] | --print [--after LSN] [--follow] | --remove [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Relays a service's outbox until it is told to stop: WAL → durable log here → broker, in the order of commits, each event at least once, and never one
lost. Messages are those of Debezium's event router with the generated connector (\`strangler connect\`): topic SERVICE.AGGREGATETYPE, key and
headers id, eventType, occurredAt. Rows that the outbox held before are delivered first. While the broker is away it waits and says so.

  --to WHERE      instead of the config's services.SERVICE.outbox.to. Brokers: its \`broker\`, else KAFKA_BROKERS or AMQP_URL
  --parked        events that the broker refused (onRefusal: 'park'), and those that wait behind them; tried again at each start
  --discard EVENT give one of them up, for good, with a reason; what waits behind it is delivered at the next start
  --print         events from the log, a line of JSON each; --after LSN goes on behind a line's lsn, --follow waits for more
  --remove        take away slot, publication, place and log; the next start delivers everything that is still in the table
${CONFIG_HELP}`,
  options: {
    ...CONFIG_OPTIONS, to: { type: 'string' }, parked: { type: 'boolean' }, discard: { type: 'string' }, why: { type: 'string' }, by: { type: 'string' },
    print: { type: 'boolean' }, after: { type: 'string' }, follow: { type: 'boolean' }, remove: { type: 'boolean' }, execute: { type: 'boolean' },
  },
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const relayed = outboxOf(migration, invocation);
    const { values } = invocation;
    if (flag(values, 'remove')) return remove(relayed, invocation);
    if (flag(values, 'parked')) return parked(relayed);
    if (text(values, 'discard') !== undefined) return discard(relayed, invocation);
    if (flag(values, 'print')) return print(relayed, invocation);
    return run(migration, relayed, invocation);
  },
};

interface Relayed {
  readonly service: string;
  readonly url: string;
  readonly table: string;
  readonly outbox: OutboxConfig;
  readonly logDirectory: string;
}

function outboxOf({ config, stateDirectory }: Migration, { positionals, values, io }: Invocation): Relayed {
  const service = required(positionals[0], 'The service', USAGE);
  const found = config.services[service];
  if (found === undefined) throw new StranglerError({ code: 'STR_UNKNOWN_SERVICE', message: `There is no service '${service}'.`, remedy: `Declared: ${Object.keys(config.services).join(', ') || 'none'}.` });
  return { service, url: resolveSetting(found.database, io.environment), table: found.outbox?.table ?? 'outbox', outbox: { ...found.outbox, to: destination(service, text(values, 'to') ?? found.outbox?.to) }, logDirectory: join(stateDirectory, 'log') };
}

function destination(service: string, to: string | undefined): OutboxConfig['to'] {
  if (to !== 'kafka' && to !== 'rabbitmq' && to !== 'log') {
    throw new StranglerError({ code: 'STR_NO_OUTBOX', message: to === undefined ? `The config does not say where the outbox of ${service} goes.` : `'${to}' is no place for events.`, remedy: `Write services.${service}.outbox: { to: 'kafka' } (or 'rabbitmq', 'log'), or say --to.` });
  }
  return to;
}

function publisherOf({ to, broker, pipelined }: OutboxConfig, io: Io): Publisher | undefined {
  if (to === 'log') return undefined;
  const where = resolveSetting(broker ?? env(to === 'kafka' ? 'KAFKA_BROKERS' : 'AMQP_URL'), io.environment);
  return to === 'kafka' ? kafkaPublisher({ brokers: where.split(',').map((one) => one.trim()) }) : rabbitPublisher({ url: where, pipelined: pipelined === true });
}

async function run({ stateDirectory }: Migration, { service, url, table, outbox, logDirectory }: Relayed, { io }: Invocation): Promise<Outcome> {
  const publisher = publisherOf(outbox, io);
  await prepareStateDirectory(stateDirectory).catch(() => undefined);
  const relay = await startRelay({
    service, url, table, logDirectory, destination: outbox.to, onEvent: teller(io, service),
    ...(publisher === undefined ? {} : { publisher }), ...(outbox.onRefusal === undefined ? {} : { onRefusal: outbox.onRefusal }), ...(outbox.keepDays === undefined ? {} : { keepMs: outbox.keepDays * 24 * 3_600_000 }),
  });
  io.out(`${JSON.stringify({ event: 'ready', relay: service, to: outbox.to })}\n`);
  try {
    await Promise.race([relay.failed, untilAborted(io.signal)]);
  } finally {
    await relay.stop();
  }
  return { exitCode: ExitCode.ok, text: '', json: { stopped: service, delivered: relay.delivered() } };
}

/** The same trouble is told once, however often it is tried again. */
function teller(io: Io, service: string): (event: RelayEvent) => void {
  let last = '';
  return (event) => {
    const said = tell(event, last);
    if (said !== undefined) io.err(`${service}: ${said}\n`);
    if (event.kind === 'trouble') last = event.message;
    if (event.kind === 'delivered') last = '';
  };
}

function tell(event: RelayEvent, last: string): string | undefined {
  switch (event.kind) {
    case 'following':
      return `relaying (${String(event.delivered)} events delivered so far)`;
    case 'parked':
      return `event ${event.message.headers['id'] ?? ''} of ${event.message.topic}/${event.message.key} is parked: ${event.reason ?? 'it waits behind an earlier one'}`;
    case 'trouble':
      return last === event.message ? undefined : `${event.side}: ${event.message}; trying again, nothing is lost meanwhile`;
    case 'delivered':
      return last === '' ? undefined : 'delivering again';
  }
}

async function parked({ service, url }: Relayed): Promise<Outcome> {
  const events = await parkedOf(url, service);
  const rows = events.map(({ eventId, aggregate, reason, parkedAt }) => [eventId, aggregate, parkedAt, reason ?? 'waits behind an earlier one']);
  const shown = events.length === 0 ? `No event of ${service} is parked.` : printTable(rows, ['event', 'aggregate', 'parked at', 'why']);
  return { exitCode: events.length === 0 ? ExitCode.ok : ExitCode.no, text: shown, json: { parked: events } };
}

async function discard({ service, url }: Relayed, invocation: Invocation): Promise<Outcome> {
  const { values } = invocation;
  const eventId = required(text(values, 'discard'), 'The event', USAGE);
  const why = required(text(values, 'why'), '--why', USAGE);
  const event = (await parkedOf(url, service)).find((one) => one.eventId === eventId);
  if (event === undefined) throw new StranglerError({ code: 'STR_UNKNOWN_EVENT', exitCode: 1, message: `No event ${eventId} of ${service} is parked.`, remedy: `\`strangler relay ${service} --parked\` lists those that are.` });
  if (!flag(values, 'execute')) return { exitCode: ExitCode.ok, text: `Would give up ${event.message}\nNothing was changed; --execute performs it. There is no undo: keep the line above.`, json: { planned: event } };
  await discardParked(url, service, eventId, whoAsks(invocation), why);
  return { exitCode: ExitCode.ok, text: `Gave up ${event.message}\nStart the relay again: what waited behind it is delivered then.`, json: { discarded: event } };
}

async function print({ service, table, logDirectory }: Relayed, { values, io }: Invocation): Promise<Outcome> {
  const after = text(values, 'after');
  const afterLsn = after === undefined ? LSN_ZERO : parseLsn(after);
  for await (const { lsn, messages } of readEvents({ service, table, logDirectory, afterLsn, follow: flag(values, 'follow'), signal: io.signal })) {
    for (const message of messages) io.out(`${JSON.stringify({ lsn: printLsn(lsn), ...message })}\n`);
  }
  return { exitCode: ExitCode.ok, text: '', json: {} };
}

async function remove({ service, url, logDirectory }: Relayed, { values }: Invocation): Promise<Outcome> {
  if (!flag(values, 'execute')) return { exitCode: ExitCode.ok, text: `${service}: slot, publication and place in its database, and the relay's log. The outbox stays.\nNothing was changed; --execute performs it. The next start delivers everything that is still in the table; consumers drop by id what they have had.`, json: { planned: service } };
  const removed = await removeRelay(url, service, join(logDirectory, `${service}-outbox`));
  return { exitCode: ExitCode.ok, text: `${service}: ${removed.length === 0 ? 'nothing was there' : `removed ${removed.map(({ what }) => what).join(', ')}`}`, json: { removed } };
}
