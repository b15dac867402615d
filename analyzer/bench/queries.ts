import type { SystemModel } from '../src/model/graph.ts';
import { readSystem } from '../src/read/read-system.ts';
import { isNoQuery, judge, labelsOf, SAMPLES, type QueryLabel, type Verdict } from './labels/queries/labels.ts';
import { LABELLED } from './labels/queries/systems.ts';
import { row, type Row, type Suite } from './suite.ts';

const RIGHT = 95;

/** Are the tables and modes of labelled queries right? `BENCH_VERBOSE=1` prints every label that is not. See labels/queries/README.md. */
export const suite: Suite = {
  name: 'queries',
  rows: async (corpus) => {
    const judged = new Map(SAMPLES.map((sample) => [sample, [] as Judged[]]));
    for (const system of LABELLED) {
      const labels = SAMPLES.flatMap((sample) => labelsOf(sample).filter((label) => label.system === system.name).map((label) => [sample, label] as const));
      const root = labels.length === 0 ? undefined : corpus.find(system);
      if (root === undefined) continue;
      const model = await readSystem(root, { history: false });
      for (const [sample, label] of labels) judged.get(sample)?.push(judgeIn(model, system.root, label));
    }
    return SAMPLES.flatMap((sample) => rowsOf(sample, judged.get(sample) ?? []));
  },
};

interface Judged { readonly label: QueryLabel; readonly verdict: Verdict }

const judgeIn = (model: SystemModel, root: string, label: QueryLabel): Judged => {
  const path = root === '.' ? label.file : label.file.slice(root.length + 1);
  const here = ({ file, line }: { readonly file: string; readonly line: number }): boolean => file === path && label.from <= line && line <= label.to;
  const accesses = model.accesses.filter(({ evidence, through }) => through === undefined && here(evidence));
  const listed = model.unresolved.filter(({ kind, evidence }) => kind === 'query' && here(evidence));
  const verdict = judge(label, accesses, listed.length > 0);
  if (verdict !== 'right' && process.env['BENCH_VERBOSE'] !== undefined) {
    const want = `${label.dynamic ? 'dynamic ' : ''}${[...label.tables].sort().join(' ') || 'nothing'}`;
    const found = [...new Set(accesses.map(({ table, mode }) => `${table}:${mode[0] ?? ''}`))].sort().join(' ') || 'nothing';
    console.log(`${verdict}\t${label.kind}\t${label.system} ${label.file}:${String(label.from)}-${String(label.to)}\twant ${want}\tfound ${found}\t${listed.map(({ what, why }) => `${what}: ${why}`).join('; ')}`);
  }
  return { label, verdict };
};

const rowsOf = (sample: string, judged: readonly Judged[]): Row[] => {
  if (judged.length === 0) return [];
  const queries = judged.filter(({ label }) => !isNoQuery(label));
  const others = judged.filter(({ label }) => isNoQuery(label));
  const name = sample === 'first' ? 'queries' : `queries, ${sample} sample`;
  const kinds = [...new Set(queries.map(({ label }) => label.kind))].sort();
  return [
    row(`${name}: tables and modes right`, percent(queries, 'right'), { unit: `% of ${String(queries.length)}`, atLeast: RIGHT }),
    row(`${name}: listed as unresolved`, percent(queries, 'listed'), { unit: '%' }),
    row(`${name}: skipped in silence`, queries.filter(({ verdict }) => verdict === 'silent').length, { atMost: 0 }),
    row(`${name}: no query, and none reported`, percent(others, 'right'), { unit: `% of ${String(others.length)}` }),
    ...kinds.map((kind) => {
      const of = queries.filter(({ label }) => label.kind === kind);
      return row(`${name}: ${kind} right`, percent(of, 'right'), { unit: `% of ${String(of.length)}` });
    }),
  ];
};

const percent = (judged: readonly Judged[], wanted: Verdict): number => judged.length === 0 ? 100 : judged.filter(({ verdict }) => verdict === wanted).length / judged.length * 100;
