import { resolve } from 'node:path';
import { ExitCode, resolveSetting, StranglerError } from '@strangler/kernel';
import { migrateSchema } from '@strangler/migrations';
import { contract, type ContractOutcome } from '../contract.ts';
import { flag, text, type Command } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, required } from '../context.ts';

const USAGE = 'migrate SIDE expand|contract [--down] [--directory DIR] [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Runs one phase of a database's split: knex migrations named NNNN_expand_… (what both owners need, any time before the cut-over) or NNNN_contract_…
(what only the old owner needed, when nobody goes back any more). Lists them; --execute runs them. SIDE is monolith or a service.

\`migrate monolith contract\` needs no files: from config, fences and catalog it derives what else goes. Foreign keys between what has moved and what stays are
dropped, and the moved tables are renamed into the schema strangler_archive once no replication writes them any more. As often as more has moved; --down
brings back tables and keys.

  --down          undoes the phase, last first
  --directory D   the folder that holds one folder per side; default: the sample's, migrations/schema
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, down: { type: 'boolean' }, directory: { type: 'string' }, execute: { type: 'boolean' } },
  run: async (invocation) => {
    const { values, positionals, io } = invocation;
    const side = required(positionals[0], 'The side', USAGE);
    const phase = required(positionals[1], 'The phase', USAGE);
    if (phase !== 'expand' && phase !== 'contract') throw new StranglerError({ code: 'STR_USAGE', message: `There is no phase '${phase}'.`, remedy: 'expand, before the cut-over; contract, when nobody goes back any more.' });
    const { config } = await loadMigration(invocation);
    const owner = side === 'monolith' ? config.monolith : config.services[side];
    if (owner === undefined) throw new StranglerError({ code: 'STR_UNKNOWN_SERVICE', message: `There is no service '${side}'.`, remedy: `monolith, or one of ${Object.keys(config.services).join(', ')}.` });
    const directory = text(values, 'directory');
    const direction = flag(values, 'down') ? 'down' as const : 'up' as const;
    const report = await migrateSchema({
      url: resolveSetting(owner.database, io.environment), side, phase, direction, execute: flag(values, 'execute'),
      ...(directory === undefined ? {} : { directory: resolve(io.cwd, directory) }),
    });
    const derived = side === 'monolith' ? await derive(phase, () => contract(config, resolveSetting(owner.database, io.environment), direction, flag(values, 'execute'))) : undefined;
    return { exitCode: ExitCode.ok, text: printReport([...report.migrations, ...linesOf(derived)], report.executed, side, phase, direction, derived), json: { ...report, ...derived?.report } };
  },
};

const derive = async (phase: 'expand' | 'contract', act: () => Promise<ContractOutcome>): Promise<ContractOutcome | undefined> => phase === 'contract' ? act() : undefined;

const linesOf = (derived: ContractOutcome | undefined): readonly string[] => derived?.lines ?? [];

function printReport(names: readonly string[], executed: boolean, side: string, phase: string, direction: 'up' | 'down', derived?: ContractOutcome): string {
  const notes = derived?.notes ?? [];
  if (names.length === 0) return [`${side}: nothing to ${direction === 'up' ? phase : `take back of ${phase}`}.`, ...notes].join('\n');
  const undo = `undo: strangler migrate ${side} ${phase}${direction === 'up' ? ' --down' : ''} --execute`;
  return [`${side}, ${phase}${direction === 'down' ? ' (taken back)' : ''}:`, ...names.map((name) => `  ${name}`), ...notes, executed ? `Done.\n${undo}` : 'Nothing was changed; --execute runs them.'].join('\n');
}
