import { ExitCode, StranglerError, type ReplicationConfig } from '@strangler/kernel';
import { requireConfigured, type ReplicationEvent, type TableChanges } from '@strangler/migrations';
import type { ParseArgsOptionsConfig } from 'node:util';
import { flag, texts, type Invocation, type Outcome } from '../command.ts';

export const TABLE_OPTIONS: ParseArgsOptionsConfig = {
  'add-table': { type: 'string', multiple: true }, 'drop-table': { type: 'string', multiple: true }, again: { type: 'string', multiple: true }, 'no-copy': { type: 'boolean' },
};

export const TABLE_HELP = `  --add-table T   take a table in that the config names since the replication began: published, copied piece by piece and followed, while the
                  others go on. Prints the plan; --execute performs it and goes on replicating. Interrupted, a plain start goes on with it
  --no-copy       with --add-table: both sides are equal already and nobody writes
  --again T       copy a replicated table once more, in place: missing, wrong and foreign rows are put right
  --drop-table T  let a table go that the config no longer names; its rows stay`;

/** What the options ask for; undefined when they ask for nothing. @throws StranglerError STR_USAGE */
export function askedChanges({ values, positionals }: Invocation): TableChanges | undefined {
  const [add, again, drop] = [texts(values, 'add-table'), texts(values, 'again'), texts(values, 'drop-table')];
  if (add.length + again.length + drop.length === 0) return undefined;
  if (positionals.length === 1) return { add, again, drop, copy: !flag(values, 'no-copy') };
  throw new StranglerError({ code: 'STR_USAGE', message: 'Tables are changed in one replication at a time.', remedy: 'strangler replicate REPLICATION --add-table TABLE [--execute]' });
}

/** The plan, for a person and a program; what the config forbids is no plan. @throws StranglerError STR_UNKNOWN_TABLE, STR_USAGE */
export function planChanges(name: string, mapping: ReplicationConfig, { add = [], again = [], drop = [], copy = true }: TableChanges): Outcome {
  requireConfigured(name, mapping, { add, again, drop });
  const lines = [
    ...add.map((table) => `add ${table}: publish it${copy ? ', wait for who is writing it now, copy its rows piece by piece at marks in the stream' : ''}, follow it. undo: take it out of the config, --drop-table ${table}`),
    ...again.map((table) => `copy ${table} again: delete rows that only the target has, write all others anew, while changes go on. What the target's own columns hold stays, but for rows whose key changes meanwhile`),
    ...drop.map((table) => `drop ${table}: out of the publication; its rows stay where they are. undo: write it into the config, empty the copy, --add-table ${table}`),
  ];
  return { exitCode: ExitCode.ok, text: [`${name}:`, ...lines.map((line) => `  ${line}`), 'Nothing was changed; --execute performs it and goes on replicating. Stop the running sink first.'].join('\n'), json: { planned: { add, again, drop, copy } } };
}

type Copying = Extract<ReplicationEvent, { kind: 'copying' }>;

/** Lines about a copy: its steps, and at most every `everyMs` how far it is and how long it may take. */
export function copyingLines(now: () => number, everyMs = 2_000): (event: Copying) => string | undefined {
  const seen = new Map<string, { step: string; saidMs: number; readonly firstMs: number; readonly firstRows: number }>();
  return ({ table, step, rows, expected, message }) => {
    const known = seen.get(table) ?? { step: '', saidMs: -Infinity, firstMs: now(), firstRows: rows };
    seen.set(table, known);
    if (known.step === step && now() - known.saidMs < everyMs) return undefined;
    [known.step, known.saidMs] = [step, now()];
    const rate = (rows - known.firstRows) / Math.max(0.001, (now() - known.firstMs) / 1_000);
    const left = expected === undefined || rate === 0 || step !== 'rows' ? '' : `, about ${String(Math.ceil(Math.max(0, expected - rows) / rate))} s to go`;
    return `copying ${table}: ${step}${message === undefined ? `, ${String(rows)}${expected === undefined ? '' : ` of about ${String(expected)}`} rows${rate === 0 ? '' : ` at ${rate.toFixed(0)}/s`}${left}` : ` ${message}`}`;
  };
}
