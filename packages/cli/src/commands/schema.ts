import { configJsonSchema, ExitCode } from '@strangler/kernel';
import type { Command } from '../command.ts';

export const command: Command = {
  usage: 'schema',
  help: 'Prints the config\'s JSON Schema. In a YAML config: # yaml-language-server: $schema=./strangler.schema.json',
  options: {},
  run: () => {
    const json = configJsonSchema();
    return Promise.resolve({ exitCode: ExitCode.ok, text: JSON.stringify(json, undefined, 2), json });
  },
};
