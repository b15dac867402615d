import { compareText, type ModulePath } from '../model/evidence.ts';
import type { Author, SystemModel } from '../model/graph.ts';

/** Names listed per context: enough to know whom to ask. */
const LISTED = 5;

/** Who knows a set of modules: its authors by churn, most first. A question to ask somebody, not a ranking of people. */
export function authorsBy({ history }: Pick<SystemModel, 'history'>): (modules: readonly ModulePath[]) => Author[] {
  const past = new Map(history.map((one) => [one.module, one]));
  return (modules) => {
    const sums = new Map<string, { commits: number; churn: number }>();
    for (const module of modules) {
      const { authors = [], churn = 0 } = past.get(module) ?? {};
      for (const { name, commits, share } of authors) {
        const sum = sums.get(name) ?? { commits: 0, churn: 0 };
        sums.set(name, { commits: sum.commits + commits, churn: sum.churn + share * churn });
      }
    }
    const all = [...sums.values()].reduce((total, { churn }) => total + churn, 0);
    return [...sums].map(([name, { commits, churn }]): Author => ({ name, commits, share: all === 0 ? 0 : Math.round((1000 * churn) / all) / 1000 }))
      .sort((a, b) => b.share - a.share || compareText(a.name, b.name)).slice(0, LISTED);
  };
}
