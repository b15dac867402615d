import type { Command } from '../command.ts';
import { CONFIG_HELP } from '../context.ts';
import { change, CHANGE_OPTIONS } from './promote.ts';

const USAGE = 'rollback ROUTE [--to STAGE] --why TEXT [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Moves a route back: to the monolith, or to any lower stage. Needs no evidence. Writes that were cut over go back by \`strangler cutover NAME --back\`.

  --to STAGE      default: monolith
  --why TEXT      for the audit (needed with --execute)
  --by NAME       for the audit; default: you
${CONFIG_HELP}`,
  options: CHANGE_OPTIONS,
  run: (invocation) => change('rollback', USAGE, invocation),
};
