import { appendFileSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FileFacts } from '../src/read/parse/facts.ts';
import { parseWithOxc } from '../src/read/parse/oxc.ts';
import { parseTypeScript } from '../src/read/parse/typescript.ts';
import { TOO_LARGE_BYTES } from '../src/read/source/classify.ts';
import { listFiles } from '../src/read/source/walk.ts';
import { dependencyCruiser, freshDirectory, madge, median, run, runIn, strangler, type Used } from './processes.ts';
import { row, type Row, type Suite } from './suite.ts';

interface Sized { readonly name: string; readonly source: string; readonly directory: string; readonly root: string }

/** Ascending; lines are those of every file that the analysis lists as source, tests included. */
const SYSTEMS: readonly Sized[] = [
  { name: 'overseerr', source: 'sct/overseerr 46a9b244efd81e0e70a16a851252114bc2d3c2ca', directory: 'overseerr', root: 'server' },
  { name: 'standardnotes', source: 'standardnotes/server 31d2b8a092d8e85982c367197ffcf97cc07e2669', directory: 'standardnotes', root: 'packages' },
  { name: 'documenso', source: 'documenso/documenso 75330166cc00b29c14399bc2e391e4b4d8080c00', directory: 'documenso', root: '.' },
];
/** `SPEED_RUNS` shortens a trial; figures that are published have five or more. */
const RUNS = Number(process.env['SPEED_RUNS'] ?? 5);
const MADGE_SHARE = 0.75;
const RERUN_SHARE = 0.2;
/** How much more a line may cost in the largest system than in the smallest. */
const GROWTH = 1.25;

/** Whole processes on one checkout, the tools taking turns, medians; a re-run after one changed file; cost per line. */
export const suite: Suite = {
  name: 'speed',
  rows: (corpus) => {
    const rows: Row[] = [];
    const costs: number[] = [];
    for (const system of SYSTEMS) {
      const root = corpus.find(system);
      if (root === undefined) continue;
      const paths = listFiles(root).sources;
      const hundredThousands = paths.reduce((lines, path) => lines + linesOf(join(root, path)), 0) / 1e5;
      const label = `${system.name}, ${(hundredThousands * 100).toFixed(0)}k lines`;
      const turns = Array.from({ length: RUNS }, () => ({ ours: run(strangler, root), madge: run(madge, root), cruiser: run(dependencyCruiser, root) }));
      const of = (tool: 'ours' | 'madge' | 'cruiser', what: keyof Used): number => median(turns.map((turn) => turn[tool][what]));
      const [ours, theirs] = [of('ours', 'wallSeconds'), of('madge', 'wallSeconds')];
      costs.push(ours / hundredThousands);
      rows.push(
        row(`${label}: wall, beside madge`, ours, { unit: 's', peer: theirs, atMost: MADGE_SHARE * theirs, runs: RUNS }), row(`${label}: wall, beside dependency-cruiser`, ours, { unit: 's', peer: of('cruiser', 'wallSeconds'), runs: RUNS }),
        row(`${label}: processor time, beside madge`, of('ours', 'cpuSeconds'), { unit: 's', peer: of('madge', 'cpuSeconds'), runs: RUNS }),
        row(`${label}: peak memory, beside madge`, of('ours', 'peakMb'), { unit: 'MB', peer: of('madge', 'peakMb'), atMost: of('madge', 'peakMb'), runs: RUNS }),
        row(`${label}: per 100k lines`, ours / hundredThousands, { unit: 's', atMost: 1, runs: RUNS }),
        ...rerunRows(label, root), parserRow(label, root, paths),
      );
    }
    const [first, last] = [costs[0], costs.at(-1)];
    if (first !== undefined && last !== undefined && costs.length > 1) rows.push(row('growth: cost of a line, largest over smallest', last / first, { atMost: GROWTH, runs: RUNS }));
    return Promise.resolve(rows);
  },
};

const linesOf = (path: string): number => readFileSync(path, 'utf8').split('\n').length;

/** In a copy: a first run that keeps nothing yet, one with nothing changed, then one after a real file has got one more exported function. */
function rerunRows(label: string, root: string): Row[] {
  const pairs = Array.from({ length: RUNS }, () => {
    const directory = freshDirectory();
    const copy = join(directory, 'system', basename(root));
    cpSync(root, copy, { recursive: true, filter: (path) => !/\/(?:node_modules|\.git)$/.test(path) });
    const before = runIn(directory, strangler, copy).wallSeconds;
    const same = runIn(directory, strangler, copy).wallSeconds;
    const sources = listFiles(copy).sources.filter((path) => path.endsWith('.ts') && !/\.(?:d|test|spec)\.ts$/.test(path));
    appendFileSync(join(copy, sources[sources.length >> 1] ?? ''), '\nexport function addedSince(count: number): number {\n  return count + 1;\n}\n');
    const after = runIn(directory, strangler, copy).wallSeconds;
    rmSync(directory, { recursive: true });
    return { same: same / before, changed: after / before };
  });
  return [
    row(`${label}: re-run with nothing changed, over the first`, median(pairs.map(({ same }) => same)), { atMost: RERUN_SHARE, runs: RUNS }),
    row(`${label}: re-run after one change, over the first`, median(pairs.map(({ changed }) => changed)), { atMost: RERUN_SHARE, runs: RUNS }),
  ];
}

/** Parsing and lowering every file, in this process, both parsers warm. */
function parserRow(label: string, root: string, paths: readonly string[]): Row {
  const texts = paths.map((path): [string, string] => [path, readFileSync(join(root, path), 'utf8')]).filter(([, text]) => text.length <= TOO_LARGE_BYTES);
  const seconds = (parse: (path: string, text: string) => FileFacts | undefined): number => {
    const begun = process.cpuUsage();
    for (const [path, text] of texts) parse(path, text);
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1e6;
  };
  const turns = Array.from({ length: RUNS }, () => ({ oxc: seconds(parseWithOxc), typescript: seconds(parseTypeScript) }));
  return row(`${label}: parsers: oxc, beside TypeScript's`, median(turns.map(({ oxc }) => oxc)), { unit: 's', peer: median(turns.map(({ typescript }) => typescript)), runs: RUNS });
}
