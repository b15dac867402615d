import type { SystemModel } from '../model/graph.ts';
import type { Flow } from '../measure/quality.ts';

/** Calls between modules, or imports where no call was seen: what the structural metrics are computed on. */
export function flowsOf(model: SystemModel): Flow[] {
  const flows = new Map<string, { from: string; to: string; weight: number }>();
  const add = (from: string, to: string): void => {
    const flow = flows.get(`${from}\n${to}`) ?? { from, to, weight: 0 };
    flow.weight += 1;
    flows.set(`${from}\n${to}`, flow);
  };
  for (const { from, to } of model.calls) add(from.module, to.module);
  const called = new Set(flows.keys());
  for (const { from, to, kind, test } of model.imports) if (!test && kind !== 'type' && !called.has(`${from}\n${to}`)) add(from, to);
  return [...flows.values()];
}
