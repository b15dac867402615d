import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExitCode } from '@strangler/kernel';
import { connectorConfigs, printConnector } from '@strangler/migrations';
import { text, type Command } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration } from '../context.ts';

export const command: Command = {
  usage: 'connect [--out DIR]',
  help: `Prints the Debezium connector configs that follow from the config: one per source and direction, exact about values, without secrets
(they name \`\${env:…}\` for Connect's EnvVarConfigProvider). POST them to Kafka Connect, or --out writes one file each.

${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, out: { type: 'string' } },
  run: async (invocation) => {
    const { config } = await loadMigration(invocation);
    const files = connectorConfigs(config);
    const out = text(invocation.values, 'out');
    const json = Object.fromEntries(files);
    if (out === undefined) return { exitCode: ExitCode.ok, text: JSON.stringify(json, undefined, 2), json };
    const directory = resolve(invocation.io.cwd, out);
    await mkdir(directory, { recursive: true });
    for (const [name, connector] of files) await writeFile(join(directory, name), printConnector(connector));
    return { exitCode: ExitCode.ok, text: [...files.keys()].map((name) => `wrote ${join(out, name)}`).join('\n'), json };
  },
};
