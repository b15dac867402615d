import { join } from 'node:path';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { parseLsn, printLsn, replay, type ReplayFrom, type ReplayReport } from '@strangler/migrations';
import { flag, text, type Command } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, replicationSides, required } from '../context.ts';
import { progressLine } from '../print/progress.ts';
import { table } from '../print/table.ts';

const USAGE = 'replay REPLICATION --from start|TIME|LSN [--into SCHEMA] [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Applies a range of the change log once more. Prints what it would do; --execute does it. From \`start\` the log rebuilds the tables from nothing
(the snapshot is in it); from a later time or LSN it is repeated on rows that have seen it, which changes nothing that was right.

  --from F        start, a time (2026-05-01T12:00:00Z) or an LSN (16/B374D848)
  --into SCHEMA   into copies of the tables in a new schema of the target, to be verified and swapped; default: in place
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, from: { type: 'string' }, into: { type: 'string' }, execute: { type: 'boolean' } },
  run: async (invocation) => {
    const { values, positionals, io } = invocation;
    const name = required(positionals[0], 'The replication', USAGE);
    const from = parseFrom(required(text(values, 'from'), '--from', USAGE));
    const migration = await loadMigration(invocation);
    const mapping = findReplication(migration, name);
    const into = text(values, 'into');
    const progress = progressLine(io);
    let events = 0;
    const report = await replay({
      name, mapping, from, logDirectory: join(migration.stateDirectory, 'log'), targetUrl: replicationSides(migration, mapping, io).targetUrl,
      execute: flag(values, 'execute'), ...(into === undefined ? {} : { intoSchema: into }),
      onApplied: (applied) => { events += applied.events; progress.show(`${String(events)} events applied`); },
    });
    progress.end();
    return { exitCode: ExitCode.ok, text: printReport(name, into, report), json: printable(report) };
  },
};

/** @throws StranglerError STR_USAGE */
export function parseFrom(given: string): ReplayFrom {
  if (given === 'start') return 'start';
  if (/^[0-9A-Fa-f]+\/[0-9A-Fa-f]+$/.test(given)) return { lsn: parseLsn(given) };
  const time = new Date(given);
  if (!Number.isNaN(time.getTime()) && /^\d{4}-\d\d-\d\d/.test(given)) return { time };
  throw new StranglerError({ code: 'STR_USAGE', message: `--from takes start, a time or an LSN, not '${given}'.`, remedy: 'Such as --from 2026-05-01T12:00:00Z or --from 16/B374D848.' });
}

function printReport(name: string, into: string | undefined, { transactions, events, tables, first, last, onto, executed, reached }: ReplayReport): string {
  const range = first === undefined || last === undefined ? 'The range is empty.' : `${printLsn(first.lsn)} (${iso(first.timeMs)}) to ${printLsn(last.lsn)} (${iso(last.timeMs)})`;
  return [
    `${name}: ${String(transactions)} transactions, ${String(events)} events, onto ${onto}${into === undefined ? '' : ` in schema ${into}`}`, range,
    table(tables.map((each) => [each.table, ...[each.snapshotReads, each.creates, each.updates, each.deletes, each.truncates].map(String)]), ['table', 'snapshot', 'create', 'update', 'delete', 'truncate']),
    executed ? `Done${reached === undefined ? '' : `, up to ${printLsn(reached)}`}.${into === undefined ? '' : ` undo: DROP SCHEMA ${into} CASCADE`}` : 'Nothing was changed; --execute performs it.',
  ].join('\n');
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

/** LSNs as people write them; JSON knows no bigint. */
const printable = (report: ReplayReport): unknown => JSON.parse(JSON.stringify(report, (_key, value: unknown) => typeof value === 'bigint' ? printLsn(value as Parameters<typeof printLsn>[0]) : value));
