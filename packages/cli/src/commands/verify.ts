import { ExitCode, systemClock, type ReplicationConfig } from '@strangler/kernel';
import { listDeadLetters, verify, type Verdict, type VerifyProgress } from '@strangler/migrations';
import { type Command } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, replicationSides } from '../context.ts';
import { table } from '../print/table.ts';
import { verifyingLines } from '../print/verifying.ts';

export const command: Command = {
  usage: 'verify [REPLICATION …]',
  help: `Proves that both sides of a replication hold the same rows: counts and chunk checksums, computed in both databases, down to the first
differing keys. What differs while writes go on is looked at again until it settles. Leaves with 1 unless every table is verified.

${CONFIG_HELP}`,
  options: CONFIG_OPTIONS,
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const names = invocation.positionals.length > 0 ? invocation.positionals : Object.keys(migration.config.replication ?? {});
    const verdicts: Record<string, Judged> = {};
    for (const name of names) {
      const mapping = findReplication(migration, name);
      const sides = replicationSides(migration, mapping, invocation.io);
      const lines = verifyingLines(() => systemClock.now());
      const onProgress = (progress: VerifyProgress): void => {
        const line = lines(progress);
        if (line !== undefined) invocation.io.err(`${name}: ${line}\n`);
      };
      verdicts[name] = { ...await verify({ mapping, ...sides, onProgress }), parked: await parkedRows(name, mapping, sides.targetUrl) };
    }
    const all = Object.entries(verdicts);
    return {
      exitCode: all.every(([, { kind }]) => kind === 'Verified') ? ExitCode.ok : ExitCode.no,
      text: all.map(([name, verdict]) => printVerdict(name, verdict)).join('\n\n'),
      json: verdicts,
    };
  },
};

interface Judged extends Verdict {
  /** Rows whose difference is known: the dead letter each waits in, by `rowText`. */
  readonly parked: Readonly<Record<string, string>>;
}

/** Looked at after the rows were: what was parked meanwhile is known, too. */
async function parkedRows(name: string, mapping: ReplicationConfig, targetUrl: string): Promise<Record<string, string>> {
  const letters = await listDeadLetters({ name, mapping, targetUrl });
  const keys = new Map(Object.entries(mapping.tables).map(([table, { key }]) => [qualified(table), key]));
  return Object.fromEntries(letters.flatMap(({ id, events }) => events.flatMap((event) => {
    const table = `${event.schema}.${event.table}`;
    const rows = ['after' in event ? [event.after] : [], 'keyBefore' in event ? [event.keyBefore] : []].flat();
    return rows.map((row) => [rowText(table, Object.fromEntries((keys.get(table) ?? []).map((column) => [column, row[column] ?? null]))), id] as const);
  })));
}

const qualified = (table: string): string => table.includes('.') ? table : `public.${table}`;
const rowText = (table: string, key: Readonly<Record<string, string | null>>): string => `${qualified(table)} ${JSON.stringify(key)}`;

export function printVerdict(name: string, verdict: Verdict & { readonly parked?: Readonly<Record<string, string>> }): string {
  const parked = verdict.parked ?? {};
  const known = (text: string): string => Object.hasOwn(parked, text) ? ` (known: it waits in dead letter ${parked[text] ?? ''})` : '';
  const letters = new Set(Object.values(parked)).size;
  const rows = verdict.tables.map(({ table: from, into, rowsSource, rowsTarget, checked, differing, why }) => [
    from, into, String(rowsSource), String(rowsTarget), checked ? (differing.length === 0 ? 'equal' : `${String(differing.length)} differ`) : 'not checked', why ?? '',
  ]);
  const keys = verdict.tables.flatMap(({ table: from, differing }) => differing.slice(0, 10).map(({ key, kind }) => `  ${from} ${JSON.stringify(key)}: ${kind}${known(rowText(from, key))}`));
  return [
    `${name}: ${verdict.kind}`, table(rows, ['table', 'into', 'rows', 'rows there', 'verdict', 'why']), ...keys,
    ...(letters === 0 ? [] : [`${String(letters)} dead letter${letters === 1 ? ' is' : 's are'} open (strangler dead-letters list ${name}): their rows differ until they are retried.`]),
    ...(verdict.cannotSee.length === 0 ? [] : ['It cannot see', ...verdict.cannotSee.map((each) => `  ${each}`)]),
  ].join('\n');
}
