import { join } from 'node:path';
import { ExitCode, StranglerError, type Finding } from '@strangler/kernel';
import { cutOver, pausedTables, planCutover, printPlan, tablesBeingCopied, type CutoverReport } from '@strangler/migrations';
import { flag, text, type Command } from '../command.ts';
import { adminClient } from '../compose/admin.ts';
import { cutoverPorts, reverseOf } from '../compose/cutover.ts';
import { readsBehind } from '../compose/reads-behind.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, replicationSides, required, whoAsks } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { table } from '../print/table.ts';

const USAGE = 'cutover REPLICATION [--back] [--deadline MS] --why TEXT [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Moves the ownership of all tables of a replication, and every route that writes them, to the service: checks, holds writes at the proxy,
fences the monolith's database, drains, verifies, flips, starts the way back, releases. Prints the plan; --execute performs it. Past the
deadline everything is released to the old owner unchanged. Interrupted at any point, the same command finishes or undoes it.

  --back          the same machine the other way: the rollback, which loses no write made on the service
  --deadline MS   how long writes may be held at most; default 5000
  --verify-held   compare all rows once more while writes are held
  --why TEXT      for the audit (needed with --execute)
  --by NAME       for the audit; default: you
${CONFIG_HELP}`,
  options: {
    ...CONFIG_OPTIONS, back: { type: 'boolean' }, deadline: { type: 'string' }, 'verify-held': { type: 'boolean' }, why: { type: 'string' }, by: { type: 'string' }, execute: { type: 'boolean' },
  },
  run: async (invocation) => {
    const { values, positionals } = invocation;
    const migration = await loadMigration(invocation);
    const name = required(positionals[0], 'The replication', USAGE);
    const mapping = findReplication(migration, name);
    const direction = flag(values, 'back') ? 'back' as const : 'forward' as const;
    const plan = { name, direction, tables: Object.keys(mapping.tables), mapping, deadlineMs: milliseconds(text(values, 'deadline')), verifyWhileHeld: flag(values, 'verify-held') };
    // A plan without a way back is none: better said now than when it is performed.
    reverseOf(migration.config, name, mapping);
    if (!flag(values, 'execute')) {
      const planned = planCutover(plan);
      const findings = direction === 'back' ? [] : await lagging(migration.stateDirectory, mapping.to);
      return { exitCode: ExitCode.ok, text: [...printPlan(planned), ...findings.length === 0 ? [] : [printFindings(findings).trimEnd()], 'Nothing was changed; --execute performs it.'].join('\n'), json: { ...planned, findings } };
    }
    await requireWhole(join(migration.stateDirectory, 'log', name), name);
    const by = whoAsks(invocation);
    const why = required(text(values, 'why'), '--why', USAGE);
    const sides = { config: migration.config, name, mapping, direction, ...replicationSides(migration, mapping, invocation.io), stateDirectory: migration.stateDirectory };
    await using ports = await cutoverPorts({ ...sides, admin: await adminClient(migration.stateDirectory), by, why });
    const report = await cutOver({ ...plan, ...sides, ports, by, why, execute: true });
    return { exitCode: ExitCode.ok, text: printReport(report), json: report };
  },
};

/** A table that is still being copied is not there yet, and one that is paused not any more. @throws StranglerError STR_TABLE_COPYING, STR_TABLE_PAUSED */
async function requireWhole(logDirectory: string, name: string): Promise<void> {
  const [paused] = await pausedTables(logDirectory);
  if (paused !== undefined) throw new StranglerError({ code: 'STR_TABLE_PAUSED', exitCode: ExitCode.no, message: `${paused.table} is paused in '${name}': ${paused.reason} Nothing was held or changed.`, remedy: paused.remedy });
  const copying = await tablesBeingCopied(logDirectory);
  if (copying.length === 0) return;
  throw new StranglerError({
    code: 'STR_TABLE_COPYING', exitCode: ExitCode.no, message: `'${name}' is still copying ${copying.map(({ table: copied }) => copied).join(', ')}; nothing was held or changed.`,
    remedy: 'Let `strangler replicate` finish the copy, verify, then try again.',
  });
}

/** A plan can be read without a proxy: then nobody knows where the reads are. */
const lagging = async (stateDirectory: string, service: string): Promise<Finding[]> =>
  adminClient(stateDirectory).then((admin) => admin.status()).then(({ routes }) => readsBehind(routes, service), () => []);

function printReport({ plan, steps, pauseMs, heldRequests, warnings, recovered }: CutoverReport): string {
  return [
    ...(recovered === undefined ? [] : [recovered === 'completed' ? 'An interrupted cut-over was past its flip and has been finished.' : 'An interrupted cut-over was taken back first.']),
    table(steps.map(({ step, ms }) => [step, `${String(ms)} ms`])),
    `${plan.newOwner} owns ${plan.tables.join(', ')}. Writes paused for ${pauseMs.toFixed(0)} ms; ${String(heldRequests)} waited, none was refused.`,
    `undo: ${plan.undo}`,
    ...(warnings.length === 0 ? [] : [printFindings(warnings)]),
  ].join('\n');
}

function milliseconds(given: string | undefined): number {
  const value = Number(given ?? '5000');
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new StranglerError({ code: 'STR_USAGE', message: `--deadline takes milliseconds, not '${given ?? ''}'.`, remedy: 'Such as --deadline 2000.' });
}
