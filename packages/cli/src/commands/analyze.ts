import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { analyze, formats, type Analysis } from '@strangler/analyzer';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { flag, text, type Command, type Invocation } from '../command.ts';
import { loadPins } from '../context-pins.ts';
import { progressLine } from '../print/progress.ts';

const USAGE = 'analyze [DIR] [--format json|md|mermaid|html] [--out DIR] [--without names,folders,history] [--pins FILE]';
const LAYERS = ['names', 'folders', 'history'] as const;
type Layer = (typeof LAYERS)[number];
/** Format → file name below --out. */
const FILES: Readonly<Record<string, string>> = { json: 'analysis.json', md: 'report.md', mermaid: 'map.mmd', html: 'report.html' };

export const command: Command = {
  usage: USAGE,
  help: `Reads the source below DIR (default: here) and proposes bounded contexts, with file:line for every edge. It runs none of that code,
needs no configuration, no network and none of its node_modules.

  --format F      to standard output: md (default), json, mermaid or html
  --out DIR       writes every format there instead
  --without L     leave layers of evidence out: names, folders, history
  --cross-check   also run madge and list where it disagrees about an import
  --seed N        of the community detection; the same input and seed give the same bytes
  --pins FILE     what the team decided already; without it strangler.contexts.yaml in DIR, beside it, or here
  --json          the analysis for a program, also with --out

strangler.contexts.yaml holds over every re-run. Patterns are module paths (* within a folder, ** across) or tables:
  contexts: { ordering: { modules: ['orders/**'], tables: [orders], not: ['orders/tax.ts'] } }
  shared: ['lib/**']                # belongs to no context
  together: [[orders, payments]]    # stay in one context
  apart: [[orders, films]]          # do not`,
  options: {
    format: { type: 'string' }, out: { type: 'string' }, without: { type: 'string' }, seed: { type: 'string' }, pins: { type: 'string' }, 'cross-check': { type: 'boolean' },
  },
  run: async (invocation) => {
    const { values, positionals, io } = invocation;
    const format = text(values, 'format') ?? 'md';
    const print = formats.get(format);
    if (print === undefined) throw usageError(`There is no format '${format}'.`, `One of ${[...formats.keys()].join(', ')}.`);
    const progress = progressLine(io);
    const directory = resolve(io.cwd, positionals[0] ?? '.');
    const analysis = await analyze(directory, {
      pins: await loadPins(directory, io.cwd, text(values, 'pins')), without: layers(text(values, 'without')), crossCheck: flag(values, 'cross-check'), ...seed(text(values, 'seed')),
      onProgress: ({ step, done, total }) => { progress.show(`${step} ${String(done)}/${String(total)}`); },
    });
    progress.end();
    const json: unknown = JSON.parse(formatted('json', analysis));
    const out = text(values, 'out');
    if (out === undefined) return { exitCode: ExitCode.ok, text: print(analysis), json };
    return { exitCode: ExitCode.ok, text: await writeAll(analysis, resolve(io.cwd, out), invocation), json };
  },
};

async function writeAll(analysis: Analysis, directory: string, { io }: Invocation): Promise<string> {
  await mkdir(directory, { recursive: true });
  const lines: string[] = [];
  for (const format of formats.keys()) {
    const file = join(directory, FILES[format] ?? `report.${format}`);
    await writeFile(file, formatted(format, analysis));
    lines.push(`wrote ${relative(io.cwd, file) || file}`);
  }
  return lines.join('\n');
}

function formatted(format: string, analysis: Analysis): string {
  const print = formats.get(format);
  if (print === undefined) throw new Error(`the analyzer lost its format ${format}`);
  return print(analysis);
}

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

const usageError = (message: string, remedy: string): StranglerError => new StranglerError({ code: 'STR_USAGE', message, remedy });
