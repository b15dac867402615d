/**
 * `npm run stack:local`: Kafka, Connect and Debezium on this machine without Docker, until Ctrl-C. Data stay in the directory, so that the next start goes on.
 *   npm run stack:local -- [--version 4.3.0] [--plugins postgres,mariadb] [--port 9092] [--connect-port 8083] [--directory .strangler/stack] [--config FILE]
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ExitCode, loadConfig, StranglerError } from '@strangler/kernel';
import { CONNECTOR_PLUGINS, DEBEZIUM, DEFAULT_KAFKA, KAFKA_VERSIONS, startConnect, startKafka, type ConnectorPlugin, type KafkaVersion } from '@strangler/local-kafka';
import { connectorEnvironment } from '@strangler/migrations';
import { printError } from '../print/error.ts';

async function main(args: readonly string[]): Promise<ExitCode> {
  const { values } = parse(args);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { stop.abort(); });
  const directory = resolve(values.directory);
  const version = oneOf('--version', values.version, KAFKA_VERSIONS);
  const plugins = values.plugins.split(',').map((name) => oneOf('--plugins', name, CONNECTOR_PLUGINS));
  const onFetch = (artifact: string, bytes: number): void => { say(`fetched ${artifact} (${String(Math.ceil(bytes / 1e3))} kB)`); };
  await using kafka = await startKafka({ directory: join(directory, `kafka-${version}`), version, port: number('--port', values.port), onFetch });
  say(`Kafka ${version} at ${kafka.bootstrap}, log ${kafka.logFile}`);
  if (stop.signal.aborted) return ExitCode.interrupted;
  await using connect = await startConnect({ directory: join(directory, `connect-${version}`), kafka, plugins, port: number('--connect-port', values['connect-port']), variables: await variables(values.config), onFetch });
  say(`Connect ${version} at ${connect.url} with Debezium for ${plugins.map((name) => `${name} (${DEBEZIUM[name]})`).join(', ')}, log ${connect.logFile}`);
  say('Ctrl-C ends both; their data stay. `strangler connect apply` registers the connectors of the config.');
  return await untilEnded(stop.signal, [{ name: 'Kafka', ...service(kafka) }, { name: 'Connect', ...service(connect) }]);
}

interface Watched { readonly name: string; readonly isRunning: () => boolean; readonly logFile: string }
const service = ({ isRunning, logFile }: Omit<Watched, 'name'>): Omit<Watched, 'name'> => ({ isRunning, logFile });

/** Ends when it is told to, or when one of them has ended by itself: the other is of no use alone. */
async function untilEnded(stop: AbortSignal, services: readonly Watched[]): Promise<ExitCode> {
  while (!stop.aborted) {
    const gone = services.find(({ isRunning }) => !isRunning());
    if (gone !== undefined) throw new StranglerError({ code: 'STR_STACK_FAILED', message: `${gone.name} has ended.`, remedy: `Its log is ${gone.logFile}; start again, it goes on where it stopped.`, exitCode: ExitCode.environment });
    await new Promise((done) => { setTimeout(done, 200); });
  }
  return ExitCode.interrupted;
}

/** What the connector configs refer to, from the URLs that are set here; no config is no mistake. */
async function variables(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return connectorEnvironment((await loadConfig(resolve(file))).config, process.env);
  } catch (error) {
    if (error instanceof StranglerError && error.code === 'STR_CONFIG_NOT_FOUND') return {};
    throw error;
  }
}

function parse(args: readonly string[]): { values: { version: string; plugins: string; port: string; 'connect-port': string; directory: string; config: string } } {
  try {
    return parseArgs({
      args: [...args], options: {
        version: { type: 'string', default: DEFAULT_KAFKA }, plugins: { type: 'string', default: 'postgres' }, port: { type: 'string', default: '9092' }, 'connect-port': { type: 'string', default: '8083' },
        directory: { type: 'string', default: '.strangler/stack' }, config: { type: 'string', default: '.' },
      },
    });
  } catch (cause) {
    throw usage((cause as Error).message);
  }
}

function oneOf<Name extends KafkaVersion | ConnectorPlugin>(option: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) throw usage(`${option} takes ${names.join(', ')}, not '${given}'.`);
  return found;
}

function number(option: string, given: string): number {
  const port = Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw usage(`${option} takes a port, not '${given}'.`);
  return port;
}

const usage = (message: string): StranglerError => new StranglerError({ code: 'STR_USAGE', message, remedy: 'npm run stack:local -- [--version 3.9.2|4.3.0] [--plugins postgres,mysql,mariadb] [--port 9092] [--connect-port 8083] [--directory DIR]' });
function say(line: string): void { process.stdout.write(`${line}\n`); }

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(printError(error).text);
  process.exitCode = error instanceof StranglerError ? error.exitCode : ExitCode.no;
}
