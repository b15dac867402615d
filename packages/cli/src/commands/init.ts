import { access, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { analyze } from '@strangler/analyzer';
import { CONFIG_FILES, ExitCode, StranglerError } from '@strangler/kernel';
import { flag, type Command } from '../command.ts';
import { progressLine } from '../print/progress.ts';

export const command: Command = {
  usage: 'init [DIR] [--execute]',
  help: `Analyzes the monolith below DIR (default: here) and drafts a strangler.config.ts from what it found: the proposed contexts, their endpoints as
routes at the monolith, the tables each write touches, replications both ways. Prints the draft; --execute writes it here. Read it as a
colleague's proposal: every name in it is yours to change, and what you do not take out yet need not stay in it. DIR should hold the schema's migrations, too.

  --execute       write it; otherwise it is printed
  --json          the same answer for a program`,
  options: { execute: { type: 'boolean' } },
  run: async ({ positionals, values, io }) => {
    const target = join(io.cwd, CONFIG_FILES[0]);
    const execute = flag(values, 'execute');
    if (execute) await refuseToOverwrite(io.cwd);
    const source = resolve(io.cwd, positionals[0] ?? '.');
    const progress = progressLine(io);
    const analysis = await analyze(source, { onProgress: ({ step, done, total }) => { progress.show(`${step} ${String(done)}/${String(total)}`); } });
    progress.end();
    // The analyzer knows no path of this machine; the config names the source as seen from here.
    const draft = analysis.draft.replace("source: '.'", `source: '${(relative(io.cwd, source) || '.').replaceAll('\\', '/').replaceAll("'", "\\'")}'`);
    if (!execute) return { exitCode: ExitCode.ok, text: draft, json: { draft } };
    await writeFile(target, draft, { flag: 'wx' });
    return { exitCode: ExitCode.ok, text: `wrote ${CONFIG_FILES[0]}\nNext: read it, keep the one context you take out first, name its URLs in .env, then \`strangler doctor\`.\nundo: rm ${CONFIG_FILES[0]}`, json: { wrote: CONFIG_FILES[0] } };
  },
};

async function refuseToOverwrite(directory: string): Promise<void> {
  for (const name of CONFIG_FILES) {
    const there = await access(join(directory, name)).then(() => true, () => false);
    if (there) throw new StranglerError({ code: 'STR_CONFIG_EXISTS', message: `There is a ${name} already.`, remedy: 'Without --execute the draft is printed, to be compared with it.' });
  }
}
