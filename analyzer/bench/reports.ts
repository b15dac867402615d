import { analyze, firstBaseline, formats, hold, type Analysis } from '../src/index.ts';
import { row, type Row, type Suite } from './suite.ts';
import { TUNED } from './systems.ts';

const RUNS = 5;
/** A report must not be what somebody waits for. Milliseconds of CPU. */
const GOAL_MS = 50;
/** What a comment on a pull request holds. */
const COMMENT = 65_536;

/** What printing costs beside the analysis, and two promises of the reports on real systems: that Markdown fits a comment, and that code holds against its own baseline. */
export const suite: Suite = {
  name: 'reports',
  rows: async (corpus) => {
    const rows: Row[] = [];
    for (const system of TUNED) {
      const directory = corpus.find(system);
      if (directory === undefined) continue;
      const analysis = await analyze(directory, { without: ['history'] });
      rows.push(...rowsOf(`${system.name}, ${String(analysis.model.modules.length)} modules`, analysis));
    }
    return rows;
  },
};

function rowsOf(name: string, analysis: Analysis): Row[] {
  const costs = [...formats].map(([format, { text }]) => ({ format, ms: cost(() => text(analysis)) }));
  const [slowest] = costs.filter(({ format }) => format !== 'html').sort((a, b) => b.ms - a.ms);
  const held = hold(analysis, firstBaseline(analysis), {});
  return [
    row(`${name}: slowest report but the page (${slowest?.format ?? ''}), CPU, median`, slowest?.ms ?? 0, { unit: 'ms', atMost: GOAL_MS, runs: RUNS }),
    row(`${name}: the page, CPU, median`, costs.find(({ format }) => format === 'html')?.ms ?? 0, { unit: 'ms', runs: RUNS }),
    row(`${name}: holding it against a baseline, CPU, median`, cost(() => hold(analysis, firstBaseline(analysis), {})), { unit: 'ms', runs: RUNS }),
    row(`${name}: Markdown report`, formats.get('md')?.text(analysis).length ?? 0, { unit: 'characters', atMost: COMMENT - 1 }),
    row(`${name}: new crossings against its own baseline of ${String(held.crossings.length)}`, held.crossings.filter(({ state }) => state === 'new').length, { atMost: 0 }),
  ];
}

/** Median CPU time of a call after one that warms up: wall time says more of what else runs. */
function cost(act: () => unknown): number {
  act();
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  return times[Math.floor(RUNS / 2)] ?? 0;
}
