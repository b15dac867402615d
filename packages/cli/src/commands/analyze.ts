import { join, relative, resolve } from 'node:path';
import { formats, type Analysis, type AnalyzeOptions, type ContextPins } from '@strangler/analyzer';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { analyzeApart, type Cache, type Wanted } from '../analyze/apart.ts';
import { BASELINE_FILE, holdAgainst, openGate, writeBaseline, type Gate } from '../analyze/baseline-file.ts';
import { gateExit, gateText } from '../analyze/gate.ts';
import { analysisProgress } from '../analyze/progress.ts';
import { checkFormat, formatList, writeReports } from '../analyze/reports.ts';
import { baseOf } from '../analyze/repository.ts';
import { tryMoves } from '../analyze/what-if.ts';
import { flag, text, texts, type Command, type Invocation, type Outcome } from '../command.ts';
import { loadPins } from '../context-pins.ts';

const USAGE = 'analyze [DIR] [--format F | --out DIR] [--baseline FILE [--fail-on new|any|none | --write-baseline [--execute]]] [--without L] [--pins FILE] [--traces FILE] [--access-log FILE] [--har FILE] [--what-if MOVES [--save-pins [--execute]]]';
const LAYERS = ['names', 'folders', 'history'] as const;
type Layer = (typeof LAYERS)[number];
export const command: Command = {
  usage: USAGE,
  help: `Reads the source below DIR (default: here) and proposes bounded contexts, with file:line for every edge. It runs none of that code,
needs no configuration, no network and none of its node_modules.

  --format F      to standard output (default: md):
${formatList()}
  --out DIR       writes every format there instead
  --without L     leave layers of evidence out: names, folders, history
  --cross-check   also run madge and list where it disagrees about an import
  --seed N        of the community detection; the same input and seed give the same bytes
  --pins FILE     what the team decided already; without it strangler.contexts.yaml in DIR, beside it, or here
  --traces FILE   OpenTelemetry traces (OTLP JSON, as the collector's file exporter writes them); call volumes and the tables that requests touch
  --access-log F  Common, Combined or JSON lines; requests per endpoint. With one, traces tell tables only: they are often sampled
  --har FILE      requests of a browser session. These three may be given several times, gzipped or not; logs are streamed
  --database URL  also reads the catalogue of the live PostgreSQL database (tables, keys, views, triggers, estimated rows), read only; env:NAME takes
                  the URL from the environment, so that no password stands in a command line
  --json          the analysis for a program, also with --out
  --no-cache      read everything anew and keep nothing; otherwise results of earlier runs, by content, are in .strangler/cache below the
                  working directory. The reports are the same
  --quiet         no progress and no total on standard error

Holding a boundary, in a pull request or a build:
  --baseline FILE   judges the code by the contexts in FILE (and strangler.contexts.yaml), whatever a fresh analysis would propose; what is new,
                    known and gone is printed, or is in --format sarif, json, md
  --fail-on WHEN    new (default with --baseline): leaves with 1 when a boundary is crossed where the baseline has no crossing; any: when it is
                    crossed at all; none: never
  --write-baseline  says what a baseline written now would accept (to FILE, or ${BASELINE_FILE}); an earlier one keeps its owners. --execute writes it

Trying another cut:
  --what-if "M"   the proposal before and after: move orders/tax.ts to pricing; move table rates to pricing; merge stock with catalog as goods;
                  split orders/tax.ts out of orders as tax. Several with ;. Nothing is clustered again; the pins that would keep it are printed
  --save-pins     with --what-if: strangler.contexts.yaml with those pins merged in is printed; --execute writes it

strangler.contexts.yaml holds over every re-run. Patterns are module paths (* within a folder, ** across) or tables:
  contexts: { ordering: { modules: ['orders/**'], tables: [orders], not: ['orders/tax.ts'] } }
  shared: ['lib/**']                # belongs to no context
  together: [[orders, payments]]    # stay in one context
  apart: [[orders, films]]          # do not`,
  options: {
    format: { type: 'string' }, out: { type: 'string' }, without: { type: 'string' }, seed: { type: 'string' }, pins: { type: 'string' }, traces: { type: 'string', multiple: true }, 'access-log': { type: 'string', multiple: true }, har: { type: 'string', multiple: true }, 'cross-check': { type: 'boolean' }, quiet: { type: 'boolean' }, 'no-cache': { type: 'boolean' },
    database: { type: 'string' }, baseline: { type: 'string' }, 'fail-on': { type: 'string' }, 'write-baseline': { type: 'boolean' }, 'what-if': { type: 'string' }, 'save-pins': { type: 'boolean' }, execute: { type: 'boolean' },
  },
  run: async (invocation) => {
    const { values, positionals, io } = invocation;
    const format = checkFormat(text(values, 'format') ?? 'md');
    const gate = await openGate(values, io.cwd);
    const directory = resolve(io.cwd, positionals[0] ?? '.');
    const pins = await loadPins(directory, io.cwd, text(values, 'pins'));
    const progress = analysisProgress(io, { quiet: flag(values, 'quiet'), json: flag(values, 'json') });
    const options: AnalyzeOptions = { pins, without: layers(text(values, 'without')), crossCheck: flag(values, 'cross-check'), ...seed(text(values, 'seed')), ...traffic(invocation), ...database(text(values, 'database'), io), onProgress: progress.show };
    if (text(values, 'what-if') !== undefined) return { exitCode: ExitCode.ok, ...await tryMoves(invocation, directory, options) };
    if (flag(values, 'save-pins')) throw usageError('--save-pins saves what --what-if asks.', 'Add --what-if "move … to …".');
    const base = await baseOf(directory, io.cwd);
    const { texts, totals, analysis } = await analyzeApart(directory, options, { cache: cacheOf(invocation), wanted: wantedBy(invocation, gate, format, base) }, io.signal);
    progress.end(totals);
    if (analysis === undefined) return outcome(invocation, { format, printed: (name) => texts.get(name) ?? '' });
    return judge(invocation, analysis, { pins, gate, directory, base, format });
  },
};

interface Judging { readonly pins: ContextPins; readonly gate: Gate; readonly directory: string; readonly base: string; readonly format: string }

/** Writes the baseline, or holds the analysis against it. */
async function judge(invocation: Invocation, analysis: Analysis, { pins, gate, directory, base, format }: Judging): Promise<Outcome> {
  if (gate.write) return { exitCode: ExitCode.ok, ...await writeBaseline(analysis, pins, gate) };
  const held = gate.baseline === undefined ? undefined : holdAgainst(analysis, pins, gate.baseline, gate.file);
  const verdict = held === undefined ? undefined : gateText(held, { ...gate, prefix: join(relative(invocation.io.cwd, directory), '/').replace(/^\/$/, '') });
  const printed = (name: string): string => formats.get(name)?.text(analysis, { base, ...(held === undefined ? {} : { held }) }) ?? '';
  return { ...await outcome(invocation, { format, printed, ...(verdict === undefined ? {} : { verdict }) }), exitCode: held === undefined ? ExitCode.ok : gateExit(held, gate.on) };
}

/** Where a baseline is in play the analysis itself is needed, otherwise only the reports that are asked for. */
function wantedBy({ values }: Invocation, { write, baseline }: Gate, format: string, base: string): Wanted {
  if (write || baseline !== undefined) return { formats: [], base, analysis: true };
  const asked = text(values, 'out') === undefined ? [format] : [...formats.keys()];
  return { formats: [...new Set([...asked, ...(flag(values, 'json') ? ['json'] : [])])], base, analysis: false };
}

interface Printed { readonly format: string; readonly printed: (format: string) => string; readonly verdict?: string }

async function outcome(invocation: Invocation, what: Printed): Promise<Outcome> {
  return {
    exitCode: ExitCode.ok, text: await answer(what, invocation),
    // Large: only for whoever asks.
    json: flag(invocation.values, 'json') ? JSON.parse(what.printed('json')) as unknown : undefined,
  };
}

/** What standard output gets: the report asked for, or the names of all that were written; against a baseline, the verdict, unless a report takes its place. */
async function answer({ format, printed, verdict }: Printed, { values, io }: Invocation): Promise<string> {
  const out = text(values, 'out');
  if (out !== undefined) return [await writeReports(printed, resolve(io.cwd, out), io.cwd), ...(verdict === undefined ? [] : ['', verdict])].join('\n');
  if (verdict === undefined) return printed(format);
  if (text(values, 'format') === undefined) return verdict;
  io.err(`${verdict}\n`);
  return printed(format);
}

function traffic({ values, io }: Invocation): Pick<AnalyzeOptions, 'traffic'> {
  const [traces, accessLogs, hars] = ['traces', 'access-log', 'har'].map((name) => texts(values, name).map((file) => resolve(io.cwd, file)));
  const given = { traces: traces ?? [], accessLogs: accessLogs ?? [], hars: hars ?? [] };
  return Object.values(given).some(({ length }) => length > 0) ? { traffic: given } : {};
}

const cacheOf = ({ values, io }: Invocation): Cache => ({ directory: flag(values, 'no-cache') ? undefined : join(io.cwd, '.strangler', 'cache', 'analyzer'), note: (line) => { io.err(`${line}\n`); } });

function layers(list: string | undefined): Layer[] {
  const named = list === undefined || list === '' ? [] : list.split(',').map((name) => name.trim());
  const wrong = named.filter((name) => !LAYERS.some((layer) => layer === name));
  if (wrong.length > 0) throw usageError(`--without knows no ${wrong.map((name) => `'${name}'`).join(', ')}.`, `Layers: ${LAYERS.join(', ')}.`);
  return LAYERS.filter((layer) => named.includes(layer));
}

function seed(given: string | undefined): { seed?: number } {
  if (given === undefined) return {};
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 0) throw usageError(`--seed takes a whole number, not '${given}'.`, 'Leave it out for the fixed default.');
  return { seed: value };
}

/** `env:NAME` keeps the password out of the process list and the shell's history. */
function database(given: string | undefined, { environment }: Invocation['io']): { database?: string } {
  if (given?.startsWith('env:') !== true) return given === undefined ? {} : { database: given };
  const url = environment[given.slice(4)];
  if (url === undefined || url === '') throw usageError(`--database ${given}: the environment has no ${given.slice(4)}.`, `Set ${given.slice(4)} to the URL of the database, or leave --database out.`);
  return { database: url };
}

const usageError = (message: string, remedy: string): StranglerError => new StranglerError({ code: 'STR_USAGE', message, remedy });
