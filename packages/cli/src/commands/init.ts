import { access, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { analyze, draftConfig, nearest, type Analysis } from '@strangler/analyzer';
import { CONFIG_FILES, ExitCode, StranglerError } from '@strangler/kernel';
import { flag, text, texts, type Command } from '../command.ts';
import { loadPins } from '../context-pins.ts';
import { progressLine } from '../print/progress.ts';

export const command: Command = {
  usage: 'init [DIR] [--context NAME …] [--pins FILE] [--execute]',
  help: `Analyzes the monolith below DIR (default: here) and drafts a strangler.config.ts from what it found: the proposed contexts, their endpoints as
routes at the monolith, the tables each write touches, replications both ways. Prints the draft; --execute writes it here. Read it as a
colleague's proposal: every name in it is yours to change, and what you do not take out yet need not stay in it. DIR should hold the schema's migrations, too.

  --context NAME  only this one, with its routes, tables and replications; may be given several times
  --pins FILE     what the team decided about contexts; without it strangler.contexts.yaml in DIR, beside it, or here
  --execute       write it; otherwise it is printed
  --json          the same answer for a program`,
  options: { context: { type: 'string', multiple: true }, pins: { type: 'string' }, execute: { type: 'boolean' } },
  run: async ({ positionals, values, io }) => {
    const target = join(io.cwd, CONFIG_FILES[0]);
    const execute = flag(values, 'execute');
    if (execute) await refuseToOverwrite(io.cwd);
    const source = resolve(io.cwd, positionals[0] ?? '.');
    const progress = progressLine(io);
    const pins = await loadPins(source, io.cwd, text(values, 'pins'));
    const analysis = await analyze(source, { pins, onProgress: ({ step, done, total }) => { progress.show(`${step} ${String(done)}/${String(total)}`); } });
    progress.end();
    // The analyzer knows no path of this machine; the config names the source as seen from here.
    const draft = draftOf(analysis, texts(values, 'context')).replace("source: '.'", `source: '${(relative(io.cwd, source) || '.').replaceAll('\\', '/').replaceAll("'", "\\'")}'`);
    if (!execute) return { exitCode: ExitCode.ok, text: draft, json: { draft } };
    await writeFile(target, draft, { flag: 'wx' });
    return { exitCode: ExitCode.ok, text: `wrote ${CONFIG_FILES[0]}\nNext: read it, keep the one context you take out first, name its URLs in .env, then \`strangler doctor\`.\nundo: rm ${CONFIG_FILES[0]}`, json: { wrote: CONFIG_FILES[0] } };
  },
};

function draftOf(analysis: Analysis, wanted: readonly string[]): string {
  if (wanted.length === 0) return analysis.draft;
  const names = analysis.contexts.filter(({ role }) => role === 'service').map(({ name }) => name);
  const strange = wanted.filter((name) => !names.includes(name));
  if (strange.length === 0) return draftConfig(analysis, new Set(wanted));
  const near = strange.flatMap((name) => nearest(name, names));
  throw new StranglerError({ code: 'STR_USAGE', message: `No context that could be taken out is called ${strange.map((name) => `'${name}'`).join(' or ')}.`, remedy: near.length > 0 ? `Did you mean ${near.join(', ')}?` : `There are ${names.join(', ')}.` });
}

async function refuseToOverwrite(directory: string): Promise<void> {
  for (const name of CONFIG_FILES) {
    const there = await access(join(directory, name)).then(() => true, () => false);
    if (there) throw new StranglerError({ code: 'STR_CONFIG_EXISTS', message: `There is a ${name} already.`, remedy: 'Without --execute the draft is printed, to be compared with it.' });
  }
}
