import { ExitCode, StranglerError } from '@strangler/kernel';
import { listDeadLetters, workDeadLetters, type ChangeEvent, type DeadLetterOutcome, type ListedLetter } from '@strangler/migrations';
import { flag, text, type Command, type Invocation, type Outcome } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, replicationSides, required, whoAsks, type Migration } from '../context.ts';
import { table } from '../print/table.ts';

const USAGE = 'dead-letters list|show|retry|discard [REPLICATION] [ID …] [--why TEXT] [--execute]';

export const command: Command = {
  usage: USAGE,
  help: `Transactions of the source that the target refused, and later ones that touch the same rows. They are kept whole, in the target, in the order of
their commits; an ID is the commit's position. Leaves with 1 when list or show finds some, or when a retry is refused again.

  list            one line each: age, what is at fault, how many wait behind it
  show            every row of the letters named, or of all
  retry           applies the letters named (or all), and what waits behind them, in order, each in one transaction; stops at the first that is
                  refused again
  discard         throws the letters named away, for good; what waited behind them is then tried

  --why TEXT      for the audit (needed with discard --execute)
  --by NAME       for the audit; default: you
  --execute       retry and discard only say what they would do without it
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, why: { type: 'string' }, by: { type: 'string' }, execute: { type: 'boolean' } },
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    const [action, name, ...ids] = invocation.positionals;
    switch (action) {
      case 'list': return list(migration, invocation, name);
      case 'show': return show(await lettersOf(migration, invocation, required(name, 'The replication', USAGE)), ids);
      case 'retry': return retry(migration, invocation, required(name, 'The replication', USAGE), ids);
      case 'discard': return discard(migration, invocation, required(name, 'The replication', USAGE), ids);
      default: throw new StranglerError({ code: 'STR_USAGE', message: action === undefined ? 'What to do with them?' : `There is no '${action}'.`, remedy: `strangler ${USAGE}` });
    }
  },
};

function lettersOf(migration: Migration, { io }: Invocation, name: string): Promise<ListedLetter[]> {
  const mapping = findReplication(migration, name);
  return listDeadLetters({ name, mapping, ...replicationSides(migration, mapping, io) });
}

async function list(migration: Migration, invocation: Invocation, name: string | undefined): Promise<Outcome> {
  const names = name === undefined ? Object.keys(migration.config.replication ?? {}) : [name];
  const found = Object.fromEntries(await Promise.all(names.map(async (each) => [each, await lettersOf(migration, invocation, each)] as const)));
  const all = Object.entries(found).flatMap(([replication, letters]) => letters.map((letter) => [replication, letter.id, age(letter), touched(letter), letter.as === 'behind' ? 'waits behind another' : `${letter.code}: ${letter.reason}`, String(letter.behind)]));
  return {
    exitCode: all.length === 0 ? ExitCode.ok : ExitCode.no,
    text: all.length === 0 ? 'There are no dead letters.' : table(all, ['replication', 'id', 'parked', 'rows', 'why', 'behind']),
    json: Object.fromEntries(Object.entries(found).map(([replication, letters]) => [replication, letters.map(printable)])),
  };
}

function show(letters: readonly ListedLetter[], ids: readonly string[]): Outcome {
  const chosen = choose(letters, ids);
  return {
    exitCode: chosen.length === 0 ? ExitCode.ok : ExitCode.no,
    text: chosen.length === 0 ? 'There are no dead letters.' : chosen.map((letter) => [`${letter.id}, committed ${new Date(letter.committedAtMs).toISOString()}, parked ${age(letter)} ago: ${letter.as === 'behind' ? 'waits behind another' : letter.reason}`, ...letter.events.map(row)].join('\n  ')).join('\n'),
    json: chosen.map(printable),
  };
}

async function retry(migration: Migration, invocation: Invocation, name: string, ids: readonly string[]): Promise<Outcome> {
  const letters = await lettersOf(migration, invocation, name);
  const chosen = choose(letters, ids);
  if (!flag(invocation.values, 'execute')) {
    const would = chosen.map((letter) => `  ${letter.id}  ${touched(letter)}${letter.behind === 0 ? '' : `, and ${String(letter.behind)} behind it`}`);
    return planned([`Would apply, in this order, each in one transaction:`, ...would, 'What was applied is not taken back; a letter that is refused again stays where it is.'], chosen);
  }
  return worked(name, await work(migration, invocation, name, 'retry', ids));
}

async function discard(migration: Migration, invocation: Invocation, name: string, ids: readonly string[]): Promise<Outcome> {
  if (ids.length === 0) throw new StranglerError({ code: 'STR_USAGE', message: 'Which ones? Nothing is discarded wholesale.', remedy: `strangler ${USAGE}` });
  const chosen = choose(await lettersOf(migration, invocation, name), ids);
  const lost = chosen.flatMap((letter) => [`  ${letter.id}`, ...letter.events.map((event) => `    ${row(event)}`)]);
  if (!flag(invocation.values, 'execute')) {
    return planned(['Would throw away, for good:', ...lost, `There is no undo: the rows stay in strangler.dead_letter_audit, and both sides differ by them until somebody writes them (strangler verify ${name}).`], chosen);
  }
  required(text(invocation.values, 'why'), '--why', USAGE);
  const outcome = worked(name, await work(migration, invocation, name, 'discard', ids));
  return { ...outcome, text: ['Lost:', ...lost, outcome.text, `The two sides differ by this now: strangler verify ${name}`].join('\n') };
}

function work(migration: Migration, invocation: Invocation, name: string, action: 'retry' | 'discard', letters: readonly string[]): Promise<DeadLetterOutcome> {
  const mapping = findReplication(migration, name);
  const { targetUrl } = replicationSides(migration, mapping, invocation.io);
  return workDeadLetters({ name, mapping, targetUrl, request: { action, letters, why: text(invocation.values, 'why') ?? '', by: whoAsks(invocation) } });
}

const planned = (lines: readonly string[], chosen: readonly ListedLetter[]): Outcome =>
  ({ exitCode: ExitCode.ok, text: [...lines, 'Nothing was changed; --execute performs it.'].join('\n'), json: { planned: chosen.map(printable) } });

function worked(name: string, outcome: DeadLetterOutcome): Outcome {
  const { applied, waiting, failed, discarded, unknown } = outcome;
  const lines = [
    ...(discarded.length === 0 ? [] : [`Discarded ${discarded.join(', ')}.`]),
    `${String(applied.length)} applied${applied.length === 0 ? '' : ` (${applied.join(', ')})`}, ${String(waiting.length + (failed === undefined ? 0 : 1))} left.`,
    ...(failed === undefined ? [] : [`${failed.id} was refused again, and nothing after it was tried: ${failed.reason}`]),
    ...(unknown.length === 0 ? [] : [`Not there: ${unknown.join(', ')}.`]),
    ...(waiting.length === 0 && failed === undefined ? [`Prove it: strangler verify ${name}`] : []),
  ];
  return { exitCode: failed === undefined && unknown.length === 0 ? ExitCode.ok : ExitCode.no, text: lines.join('\n'), json: outcome };
}

/** @throws StranglerError STR_NO_DEAD_LETTER for an id that is not there */
function choose(letters: readonly ListedLetter[], ids: readonly string[]): readonly ListedLetter[] {
  const unknown = ids.filter((id) => !letters.some((letter) => letter.id === id));
  if (unknown.length > 0) {
    throw new StranglerError({ code: 'STR_NO_DEAD_LETTER', exitCode: ExitCode.no, message: `There is no dead letter ${unknown.join(', ')}.`, remedy: letters.length === 0 ? 'There are none at all.' : `Open: ${letters.slice(0, 20).map(({ id }) => id).join(', ')}.` });
  }
  return ids.length === 0 ? letters : letters.filter(({ id }) => ids.includes(id));
}

const age = ({ parkedAtMs }: ListedLetter): string => {
  const seconds = Math.max(0, Math.round((Date.now() - parkedAtMs) / 1000));
  return seconds < 120 ? `${String(seconds)} s` : seconds < 7200 ? `${String(Math.round(seconds / 60))} min` : `${String(Math.round(seconds / 3600))} h`;
};

/** The first row stands for a transaction; a reader who wants them all asks with `show`. */
const touched = ({ events: [first, ...more] }: ListedLetter): string => first === undefined ? 'no rows' : `${row(first)}${more.length === 0 ? '' : ` +${String(more.length)}`}`;

function row(event: ChangeEvent): string {
  const values = event.op === 'truncate' ? {} : event.op === 'delete' ? event.keyBefore : event.after;
  const columns = Object.entries(values).map(([column, value]) => `${column}=${value === null ? 'NULL' : value.length > 40 ? `${value.slice(0, 40)}…` : value}`);
  return `${event.op} ${event.schema}.${event.table} ${columns.slice(0, 8).join(' ')}${columns.length > 8 ? ' …' : ''}`.trim();
}

/** The id says the position; JSON knows no bigint. */
const printable = (letter: ListedLetter): unknown => ({ ...letter, lsn: undefined });
