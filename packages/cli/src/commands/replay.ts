import { join } from 'node:path';
import { ExitCode, StranglerError, type ReplicationConfig } from '@strangler/kernel';
import { parseLsn, printLsn, replay, swapReplay, type ReplayFrom, type ReplayReport, type SwapReport } from '@strangler/migrations';
import { flag, text, texts, type Command, type Invocation, type Outcome } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, replicationSides, required, type Migration } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { progressLine } from '../print/progress.ts';
import { table } from '../print/table.ts';

const USAGE = 'replay REPLICATION --from start|TIME|LSN [--table T …] [--into SCHEMA] [--execute] | replay REPLICATION --into SCHEMA --swap [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Applies a range of the change log once more. Prints what it would do; --execute does it. From \`start\` the log rebuilds the tables from nothing
(the snapshot is in it); from a later time or LSN it is repeated on rows that have seen it, which changes nothing that was right.

  --from F        start, a time (2026-05-01T12:00:00Z) or an LSN (16/B374D848). A log on Kafka cannot be replayed
  --table T       only this table; may be given several times
  --into SCHEMA   into copies of the tables in a new schema of the target, to be verified and swapped; default: in place
  --swap          put the tables of such a schema in place of those in use: caught up first, then renamed in one transaction together with the
                  checkpoint. Foreign keys, triggers, grants and sequences stay; those that were in use are kept in SCHEMA_before_N. Stop the sink first
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, from: { type: 'string' }, into: { type: 'string' }, table: { type: 'string', multiple: true }, swap: { type: 'boolean' }, execute: { type: 'boolean' } },
  run: async (invocation) => {
    const { values, positionals, io } = invocation;
    const name = required(positionals[0], 'The replication', USAGE);
    const migration = await loadMigration(invocation);
    const into = text(values, 'into');
    if (flag(values, 'swap')) return swap(migration, name, required(into, '--into', USAGE), invocation);
    const from = parseFrom(required(text(values, 'from'), '--from', USAGE));
    const mapping = onlyTables(findReplication(migration, name), name, texts(values, 'table'));
    const progress = progressLine(io);
    let events = 0;
    const report = await replay({
      name, mapping, from, logDirectory: join(migration.stateDirectory, 'log'), targetUrl: replicationSides(migration, mapping, io).targetUrl,
      execute: flag(values, 'execute'), ...(into === undefined ? {} : { intoSchema: into }),
      onApplied: (applied) => { events += applied.events; progress.show(`${String(events)} events applied`); },
    });
    progress.end();
    return { exitCode: report.obstacles.length === 0 ? ExitCode.ok : ExitCode.no, text: printReport(name, into, report), json: printable(report) };
  },
};

/** The undo is another swap: what was in use is kept as a replay of its own. */
async function swap(migration: Migration, name: string, into: string, { values, io }: Invocation): Promise<Outcome> {
  const mapping = findReplication(migration, name);
  const report = await swapReplay({ name, mapping, logDirectory: join(migration.stateDirectory, 'log'), targetUrl: replicationSides(migration, mapping, io).targetUrl, fromSchema: into, execute: flag(values, 'execute') });
  const { tables, present, replayed, keptIn, executed } = report;
  const lines = executed
    ? [`Done: ${tables.join(', ')} are those of ${into} now, as of ${printLsn(replayed)}. Start the sink, then: strangler verify ${name}`, `undo: strangler replay ${name} --into ${keptIn} --swap --execute`, `for good: DROP SCHEMA ${keptIn} CASCADE`]
    : [`${name}: ${tables.join(', ')} (as of ${printLsn(present)}) would be kept in ${keptIn}, and those of ${into} (as of ${printLsn(replayed)}, caught up first) take their place.`, 'Nothing was changed; --execute performs it.'];
  return { exitCode: ExitCode.ok, text: lines.join('\n'), json: printable(report) };
}

/** @throws StranglerError STR_UNKNOWN_TABLE */
function onlyTables(mapping: ReplicationConfig, name: string, wanted: readonly string[]): ReplicationConfig {
  if (wanted.length === 0) return mapping;
  const unknown = wanted.filter((each) => !Object.hasOwn(mapping.tables, each));
  if (unknown.length > 0) throw new StranglerError({ code: 'STR_UNKNOWN_TABLE', message: `'${name}' does not replicate ${unknown.join(', ')}.`, remedy: `Replicated: ${Object.keys(mapping.tables).join(', ')}.` });
  return { ...mapping, tables: Object.fromEntries(Object.entries(mapping.tables).filter(([each]) => wanted.includes(each))) };
}

/** @throws StranglerError STR_USAGE */
export function parseFrom(given: string): ReplayFrom {
  if (given === 'start') return 'start';
  if (/^offset:\d+$/.test(given)) return { offset: BigInt(given.slice('offset:'.length)) };
  if (/^[0-9A-Fa-f]+\/[0-9A-Fa-f]+$/.test(given)) return { lsn: parseLsn(given) };
  const time = new Date(given);
  if (!Number.isNaN(time.getTime()) && /^\d{4}-\d\d-\d\d/.test(given)) return { time };
  throw new StranglerError({ code: 'STR_USAGE', message: `--from takes start, a time or an LSN, not '${given}'.`, remedy: 'Such as --from 2026-05-01T12:00:00Z or --from 16/B374D848.' });
}

function printReport(name: string, into: string | undefined, { transactions, events, tables, first, last, onto, executed, obstacles, reached }: ReplayReport): string {
  const range = first === undefined || last === undefined ? 'The range is empty.' : `${printLsn(first.lsn)} (${iso(first.timeMs)}) to ${printLsn(last.lsn)} (${iso(last.timeMs)})`;
  return [
    `${name}: ${String(transactions)} transactions, ${String(events)} events, onto ${onto}${into === undefined ? '' : ` in schema ${into}`}`, range,
    table(tables.map((each) => [each.table, ...[each.snapshotReads, each.creates, each.updates, each.deletes, each.truncates].map(String)]), ['table', 'snapshot', 'create', 'update', 'delete', 'truncate']),
    ...(obstacles.length === 0 ? [] : [`Refused${into === undefined ? ' in place' : ''}:\n${printFindings(obstacles).trimEnd()}`]),
    executed ? `Done${reached === undefined ? '' : `, up to ${printLsn(reached)}`}.${into === undefined ? '' : ` undo: DROP SCHEMA ${into} CASCADE\nto use it: strangler replay ${name} --into ${into} --swap`}` : obstacles.length === 0 ? 'Nothing was changed; --execute performs it.' : 'Nothing was changed, and --execute would be refused.',
  ].join('\n');
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

/** LSNs as people write them; JSON knows no bigint. */
const printable = (report: ReplayReport | SwapReport): unknown => JSON.parse(JSON.stringify(report, (_key, value: unknown) => typeof value === 'bigint' ? printLsn(value as Parameters<typeof printLsn>[0]) : value));
