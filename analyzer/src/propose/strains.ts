import { byEvidence, compareText } from '../model/evidence.ts';
import type { Strain } from './analysis.ts';
import type { Settled } from './settle.ts';

/** Where a division strains the rules: code that answers an endpoint in a context that does not own what it writes; a table whose owner never writes it while others do. */
export const findStrains = (settled: Settled): Strain[] => [...handlersAway(settled), ...idleOwners(settled)]
  .sort((a, b) => compareText(a.rule, b.rule) || compareText(a.what, b.what) || (a.evidence !== undefined && b.evidence !== undefined ? byEvidence(a.evidence, b.evidence) : 0));

const handlersAway = ({ endpoints, where }: Settled): Strain[] => endpoints.flatMap(({ id, context, trace: { endpoint, writes } }): Strain[] => {
  const module = endpoint.handlers.at(-1)?.module ?? endpoint.module;
  const home = where.ofModule(module);
  if (home === undefined || context === undefined || home === context) return [];
  const own = writes.filter((table) => where.ofTable(table) === context);
  return [{
    rule: 'an endpoint follows its write owner', evidence: endpoint.evidence,
    what: `${id} is handled in ${module} of ${home}, and ${context} owns what it writes (${own.join(', ')})`,
    remedy: `Take the handler along to ${context}, or leave it in ${home} and send ${context} a command.`,
  }];
});

const idleOwners = ({ tables }: Settled): Strain[] => tables.flatMap(({ table, owner, writers }): Strain[] => {
  if (owner === undefined || writers.length === 0 || writers.some(({ context }) => context === owner)) return [];
  const others = writers.map(({ context }) => context).join(', ');
  return [{ rule: 'a table is owned by a context that writes it', what: `${owner} owns ${table}, and only ${others} write${writers.length === 1 ? 's' : ''} it`, remedy: `Move ${table} to ${writers[0]?.context ?? owner}, or let ${others} send commands.` }];
});
