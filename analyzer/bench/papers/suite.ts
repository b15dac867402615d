import { row, type Row, type Suite } from '../suite.ts';
import { atLeastEqual, better, compare, METRICS, type Comparison, type Objective } from './compare.ts';
import { reproductions } from './reproduce.ts';
import { paperSystems } from './systems.ts';

/** Better or equal on so many of the six metrics is a majority. */
const MAJORITY = 4;

/** Our clustering on the papers' own call graphs against every partition they published (README.md says what the figures are worth). */
export const suite: Suite = {
  name: 'papers',
  standalone: true,
  rows: () => {
    const systems = paperSystems();
    const checks = systems.flatMap(reproductions).filter(({ figures }) => figures > 0)
      .map(({ figures, method, same, system }) => row(`published figures got again: ${system}, ${method}`, same, { peer: figures }));
    const objectives: readonly Objective[] = ['modularity', 'the metrics themselves'];
    return Promise.resolve([...checks, ...objectives.flatMap((objective) => rowsOf(objective, systems.flatMap((system) => compare(system, objective))))]);
  },
};

function rowsOf(objective: Objective, all: readonly Comparison[]): Row[] {
  const name = (what: string): string => `by ${objective}: ${what}`;
  const share = (what: string, among: readonly Comparison[], holds: (one: Comparison) => boolean, goal?: number): Row =>
    row(name(what), (among.filter(holds).length / among.length) * 100, { unit: `% of ${String(among.length)}`, ...(goal === undefined ? {} : { atLeast: goal }) });
  const groups = [...new Set(all.map(({ method, system }) => `${system}, ${method}`))];
  return [
    ...METRICS.map((metric, i) => share(`${metric} better or equal`, all, ({ margin }) => atLeastEqual(margin[i] ?? 0))),
    ...groups.map((group) => share(`majority, ${group}`, all.filter(({ method, system }) => `${system}, ${method}` === group), majority)),
    share('majority of metrics better or equal', all, majority, 100),
    share('dominates (nowhere worse, somewhere better)', all, dominates),
    row(name('dominated by a published partition'), all.filter(({ margin }) => dominates({ margin: margin.map((value) => -value) })).length, { atMost: 0 }),
  ];
}

const majority = ({ margin }: Comparison): boolean => margin.filter(atLeastEqual).length >= MAJORITY;
const dominates = ({ margin }: Pick<Comparison, 'margin'>): boolean => margin.every(atLeastEqual) && margin.some(better);
