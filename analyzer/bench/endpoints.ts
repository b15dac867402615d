import type { SystemModel } from '../src/index.ts';
import { readSystem } from '../src/read/read-system.ts';
import { labelledSystems, type LabelledSite, type LabelledSystem } from './endpoint-labels.ts';
import { row, type Corpus, type Row, type Suite } from './suite.ts';

/** `right`: exactly the labelled methods and paths. `listed`: not, but named among what is unresolved. `silent`: nothing at all is said. */
type Verdict = 'right' | 'listed' | 'wrong' | 'silent' | 'none' | 'invented';

interface Judged { readonly kind: string; readonly verdict: Verdict }

/** Endpoints of real systems, labelled by hand from the source before the reader was run: the first sample guided repairs, the second was drawn and labelled afterwards. */
export const suite: Suite = {
  name: 'endpoints',
  rows: async (corpus) => {
    const rows: Row[] = [];
    for (const sample of ['first', 'second']) rows.push(...rowsOf(sample, await judgeSample(sample, corpus)));
    return rows;
  },
};

async function judgeSample(sample: string, corpus: Corpus): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const system of labelledSystems(sample)) {
    const root = corpus.find(system);
    if (root === undefined) continue;
    const model = await readSystem(root, { history: false });
    judged.push(...system.sites.map((site) => judge(system, site, model)));
  }
  return judged;
}

function judge(system: LabelledSystem, site: LabelledSite, model: SystemModel): Judged {
  const found = foundAt(site, model);
  const verdict = verdictOf(site, found, model);
  if (verdict !== 'right' && verdict !== 'none') console.error(`  ${verdict}: ${system.name} ${site.file}:${String(site.line)} is ${site.endpoints.join(', ') || 'no endpoint'}; read ${found.join(', ') || 'nothing'}`);
  return { kind: kindOf(site, system.framework), verdict };
}

/** At the line of the call; where it spans lines, at most three further on. */
function foundAt({ file, line }: LabelledSite, { endpoints }: SystemModel): string[] {
  const here = endpoints.filter(({ evidence }) => evidence.file === file);
  const near = [0, 1, 2, 3].map((below) => here.filter(({ evidence }) => evidence.line === line + below)).find((some) => some.length > 0) ?? [];
  return [...new Set(near.map(({ method, path }) => `${method} ${path}`))].sort();
}

function verdictOf({ file, line, endpoints }: LabelledSite, found: readonly string[], { unresolved }: SystemModel): Verdict {
  if (endpoints.length === 0) return found.length === 0 ? 'none' : 'invented';
  if (isSame(endpoints, found)) return 'right';
  const isListed = unresolved.some(({ kind, what, evidence }) => kind === 'endpoint' && evidence.file === file && (what === 'router' || what === 'app' || (evidence.line >= line && evidence.line <= line + 3)));
  return isListed ? 'listed' : found.length > 0 ? 'wrong' : 'silent';
}

const isSame = (labelled: readonly string[], found: readonly string[]): boolean =>
  labelled.length === found.length && labelled.every((one) => (one.endsWith(' ~') ? found.every((other) => other.startsWith(one.slice(0, -1))) : found.includes(one)));

const kindOf = ({ endpoints }: LabelledSite, framework: string): string => {
  const method = endpoints[0]?.split(' ')[0] ?? '';
  return method === 'JOB' || method === 'EVENT' ? 'jobs and events' : ['QUERY', 'MUTATION', 'SUBSCRIPTION'].includes(method) ? 'graphql' : framework;
};

function rowsOf(sample: string, judged: readonly Judged[]): Row[] {
  const real = judged.filter(({ verdict }) => verdict !== 'none' && verdict !== 'invented');
  if (real.length === 0) return [];
  const share = (of: readonly Judged[], verdict: Verdict): number => (100 * of.filter((one) => one.verdict === verdict).length) / of.length;
  const count = (verdict: Verdict): number => judged.filter((one) => one.verdict === verdict).length;
  const kinds = [...new Set(real.map(({ kind }) => kind))].sort();
  return [
    row(`${sample}: places labelled`, real.length, {}),
    row(`${sample}: method and full path right`, share(real, 'right'), { unit: '%', atLeast: 98 }),
    ...kinds.map((kind) => row(`${sample}: right, ${kind} (${String(real.filter((one) => one.kind === kind).length)})`, share(real.filter((one) => one.kind === kind), 'right'), { unit: '%' })),
    row(`${sample}: listed as unresolved`, share(real, 'listed'), { unit: '%' }),
    row(`${sample}: silent skips`, count('silent'), { atMost: 0 }),
    row(`${sample}: wrong and not listed`, count('wrong'), {}),
    row(`${sample}: invented where there is none (${String(count('invented') + count('none'))} places)`, count('invented'), {}),
  ];
}
