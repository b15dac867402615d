import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { printConnector } from '@strangler/migrations';
import { text, type Command, type Invocation, type Outcome } from '../command.ts';
import { apply } from '../connect/apply.ts';
import { generated } from '../connect/context.ts';
import { plan } from '../connect/plan.ts';
import { restart } from '../connect/restart.ts';
import { status } from '../connect/status.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration } from '../context.ts';

const USAGE = 'connect [--out DIR] | connect plan|apply|status|restart [CONNECTOR …] [--url URL]';
const ACTS: ReadonlyMap<string, (invocation: Invocation, names: readonly string[]) => Promise<Outcome>> = new Map([['plan', plan], ['apply', apply], ['status', status], ['restart', restart]]);

export const command: Command = {
  usage: USAGE,
  help: `The Debezium connectors that follow from the config: one per replication and per outbox, exact about values, without secrets (they name
\`\${env:…}\` for Connect's EnvVarConfigProvider). Alone it prints their configs, or --out writes one file each. Through Connect's REST API:

  plan            what would be registered or changed, setting by setting; changes nothing
  apply           tries every config first and reports all errors at once, then registers and updates; prints how to take it back
  status          whether each runs, how far its slot is behind, what to do where it does not; leaves with 1 then
  restart         restarts what has failed (--all: what runs as well); it goes on where it stopped

  --url URL       of Kafka Connect; default: CONNECT_URL, else http://127.0.0.1:8083
  --beside        slots and publications of their own (debezium_…), beside the embedded replication of the same tables
  --secrets-file FILE  where Connect's FileConfigProvider finds the passwords of URLs written out; default: /run/secrets/strangler.properties
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, out: { type: 'string' }, url: { type: 'string' }, beside: { type: 'boolean' }, 'secrets-file': { type: 'string' }, all: { type: 'boolean' } },
  run: async (invocation) => {
    const [act, ...names] = invocation.positionals;
    if (act === undefined) return print(invocation);
    const chosen = ACTS.get(act);
    if (chosen === undefined) throw new StranglerError({ code: 'STR_USAGE', message: `connect has no act '${act}'.`, remedy: `strangler ${USAGE}` });
    return chosen(invocation, names);
  },
};

async function print(invocation: Invocation): Promise<Outcome> {
  const { config } = await loadMigration(invocation);
  const connectors = [...generated(config, invocation)].map(([name, settings]) => ({ name, config: settings }));
  const json = Object.fromEntries(connectors.map((connector) => [`${connector.name}.json`, connector]));
  const out = text(invocation.values, 'out');
  if (out === undefined) return { exitCode: ExitCode.ok, text: JSON.stringify(json, undefined, 2), json };
  const directory = resolve(invocation.io.cwd, out);
  await mkdir(directory, { recursive: true });
  for (const connector of connectors) await writeFile(join(directory, `${connector.name}.json`), printConnector(connector));
  return { exitCode: ExitCode.ok, text: connectors.map(({ name }) => `wrote ${join(out, `${name}.json`)}`).join('\n'), json };
}
