import { rename, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { askWhatIf, printWhatIf, type AnalyzeOptions, type ContextPins } from '@strangler/analyzer';
import { flag, text, type Invocation, type Outcome } from '../command.ts';
import { findPins, parsePins, type PinsFile } from '../context-pins.ts';
import { mergePins } from './merge-pins.ts';

/** Answers `--what-if`; with `--save-pins` also says what strangler.contexts.yaml would become, and with `--execute` writes it. */
export async function tryMoves({ values, io }: Invocation, directory: string, options: AnalyzeOptions): Promise<Pick<Outcome, 'text' | 'json'>> {
  const answer = await askWhatIf(directory, text(values, 'what-if') ?? '', options);
  if (!flag(values, 'save-pins')) return { text: printWhatIf(answer), json: answer };
  const saved = await save(await findPins(directory, io.cwd, text(values, 'pins')), answer.pins, { execute: flag(values, 'execute'), cwd: io.cwd });
  return { text: `${printWhatIf(answer)}\n${saved.text}`, json: { ...answer, saved: saved.json } };
}

/** An earlier file keeps its comments and what it says of other contexts, and stays beside the new one, so that there is a way back. */
async function save({ file, text: earlier }: PinsFile, pins: ContextPins, { execute, cwd }: { execute: boolean; cwd: string }): Promise<{ text: string; json: { file: string; written: boolean; content: string } }> {
  const name = relative(cwd, file) || file;
  const content = mergePins(earlier ?? '', pins);
  // What is written must be what is read back: a contradiction with an earlier pin is said now, not at the next analysis.
  parsePins(content, name);
  const json = { file: name, written: execute, content };
  if (!execute) return { json, text: `Would write ${name}; nothing was written, --execute does it:\n\n${content}` };
  if (earlier !== undefined) await rename(file, `${file}.before`);
  await writeFile(file, content, { flag: 'wx' });
  return { json, text: `wrote ${name}\nundo: ${earlier === undefined ? `rm ${name}` : `mv ${name}.before ${name}`}` };
}
