import { deserialize } from 'node:v8';
import type { ModulePath } from '../../model/evidence.ts';
import type { Kept } from '../../model/kept.ts';
import type { FileFacts } from './facts.ts';
import { startHelper, type Source } from './helper.ts';
import { loadParsers, type Parsers } from './parsers.ts';

/** How often progress is told, in files. */
const STEP = 200;

/** The facts of every file: kept ones, and the others parsed in two threads where that pays. */
export const parseFiles = async (sources: readonly Source[], kept: Kept, onParsed: (done: number) => void): Promise<Map<ModulePath, FileFacts>> => {
  const found = sources.map(({ path, text }) => kept.find('facts', [path, text]) as FileFacts | undefined);
  const unknown = sources.filter((_, i) => found[i] === undefined);
  const known = sources.length - unknown.length;
  const parsed = await parseAll(unknown, kept, (done) => { onParsed(known + done); });
  const facts = new Map(unknown.map(({ path }, i) => [path, parsed[i]]));
  return new Map(sources.flatMap(({ path }, i) => {
    const its = found[i] ?? facts.get(path);
    return its === undefined ? [] : [[path, its] as const];
  }));
};

async function parseAll(sources: readonly Source[], kept: Kept, onParsed: (done: number) => void): Promise<FileFacts[]> {
  onParsed(0);
  const parsers = await loadParsers();
  const helper = parsers.native ? startHelper(sources) : undefined;
  const parsed = parseHere(helper?.work.front() ?? sources.keys(), sources, parsers, onParsed);
  for (const [position, facts] of parsed) kept.keep('facts', inputsOf(sources[position]), facts);
  for (const { position, facts } of await helper?.parsed ?? []) {
    kept.keepBytes('facts', inputsOf(sources[position]), facts);
    parsed.set(position, deserialize(facts) as FileFacts);
  }
  const all: FileFacts[] = [];
  for (const [position, source] of sources.entries()) all.push(parsed.get(position) ?? await recovered(source, parsers));
  return all;
}

function parseHere(positions: Iterable<number>, sources: readonly Source[], parsers: Parsers, onParsed: (done: number) => void): Map<number, FileFacts> {
  const parsed = new Map<number, FileFacts>();
  for (const position of positions) {
    const source = sources[position];
    const facts = source === undefined ? undefined : parsers.fast(source.path, source.text);
    if (facts !== undefined) parsed.set(position, facts);
    if (parsed.size % STEP === 0) onParsed(parsed.size);
  }
  return parsed;
}

/** What the fast parser refused, or what a helper that failed took with it. */
const recovered = async ({ path, text }: Source, parsers: Parsers): Promise<FileFacts> => parsers.fast(path, text) ?? (await parsers.recovering())(path, text);

const inputsOf = (source: Source | undefined): string[] => (source === undefined ? [] : [source.path, source.text]);
