import { ExitCode } from '@strangler/kernel';
import { verify, type Verdict } from '@strangler/migrations';
import { type Command } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, replicationSides } from '../context.ts';
import { table } from '../print/table.ts';

export const command: Command = {
  usage: 'verify [REPLICATION …]',
  help: `Proves that both sides of a replication hold the same rows: counts and chunk checksums, computed in both databases, down to the first
differing keys. What differs while writes go on is looked at again until it settles. Leaves with 1 unless every table is verified.

${CONFIG_HELP}`,
  options: CONFIG_OPTIONS,
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const names = invocation.positionals.length > 0 ? invocation.positionals : Object.keys(migration.config.replication ?? {});
    const verdicts: Record<string, Verdict> = {};
    for (const name of names) {
      const mapping = findReplication(migration, name);
      verdicts[name] = await verify({ mapping, ...replicationSides(migration, mapping, invocation.io) });
    }
    const all = Object.entries(verdicts);
    return {
      exitCode: all.every(([, { kind }]) => kind === 'Verified') ? ExitCode.ok : ExitCode.no,
      text: all.map(([name, verdict]) => printVerdict(name, verdict)).join('\n\n'),
      json: verdicts,
    };
  },
};

export function printVerdict(name: string, verdict: Verdict): string {
  const rows = verdict.tables.map(({ table: from, into, rowsSource, rowsTarget, checked, differing, why }) => [
    from, into, String(rowsSource), String(rowsTarget), checked ? (differing.length === 0 ? 'equal' : `${String(differing.length)} differ`) : 'not checked', why ?? '',
  ]);
  const keys = verdict.tables.flatMap(({ table: from, differing }) => differing.slice(0, 10).map(({ key, kind }) => `  ${from} ${JSON.stringify(key)}: ${kind}`));
  return [
    `${name}: ${verdict.kind}`, table(rows, ['table', 'into', 'rows', 'rows there', 'verdict', 'why']), ...keys,
    ...(verdict.cannotSee.length === 0 ? [] : ['It cannot see', ...verdict.cannotSee.map((each) => `  ${each}`)]),
  ].join('\n');
}
