import type { Analysis, TablePlan } from '../propose/analysis.ts';
import { at, blocks, bold, bullets, clip, code, folded, prose, table } from './markdown-parts.ts';
import { plural } from './words.ts';

const MATRIX_CONTEXTS = 8;

export const contextTable = ({ contexts }: Analysis): string => table(['context', 'modules', 'lines', 'tables', 'endpoints', 'confidence', 'leans on'],
  contexts, ({ name, role, modules, lines, tables, endpoints, confidence, runnerUp }) => [`${bold(name)}${role === 'library' ? ' (library)' : ''}`, modules.length, lines, tables.length, endpoints.length, confidence.toFixed(2), prose(runnerUp?.context ?? '')],
  { budget: 5_000, rows: 60 });

export const contextSections = ({ contexts }: Analysis): string => blocks(contexts, contextSection, { budget: 12_000 });

const contextSection = ({ name, modules, tables, endpoints, why, authors }: Analysis['contexts'][number]): string => folded(`${prose(name)}: ${plural(modules.length, 'module')}`, [
  ...(tables.length === 0 ? [] : [`Tables: ${clip(tables.map(code), 15)}`]),
  ...(endpoints.length === 0 ? [] : [`Endpoints: ${clip(endpoints.map(code), 8)}`]),
  ...(authors.length === 0 ? [] : [`Known to: ${clip(authors.map(({ name: author, share }) => `${prose(author)} (${String(Math.round(share * 100))} % of the churn)`), 3)}`]),
  ...(why.length === 0 ? [] : [`Why together:\n\n${bullets(why.slice(0, 3), ({ a, says, evidence }) => `${code(a)}: ${prose(says)}${evidence === undefined ? '' : ` (${at(evidence)})`}`)}`]),
  ...(modules.length === 0 ? [] : [`Modules: ${clip(modules.map(code), 12)}`]),
].join('\n\n'));

export const sharedSection = ({ shared }: Analysis): string => [
  shared.why.length === 0 ? 'No module stays outside the contexts.' : table(['module', 'why'], shared.why, ({ module, reason, why }) => [code(module), `${reason}: ${prose(why)}`], { budget: 3_000 }),
  ...(shared.endpoints.length === 0 ? [] : [`Endpoints: ${clip(shared.endpoints.map(code), 15)}`]),
  ...(shared.tables.length === 0 ? [] : [`Tables that no context touches: ${clip(shared.tables.map(code), 30)}`]),
].join('\n\n');

/** `O` owns, `W` writes, `r` reads. Contexts that touch no table have no column; past a handful, names are listed instead. */
export function ownership({ contexts, tables }: Analysis): string {
  if (tables.length === 0) return 'No table was found.';
  const columns = contexts.map(({ name }) => name).filter((name) => tables.some((plan) => plan.owner === name || letters(plan, name) !== ''));
  // What several contexts touch is what a reader looks for; the rest has one owner and no story.
  const sorted = [...tables].sort((a, b) => touching(b) - touching(a));
  if (columns.length > MATRIX_CONTEXTS) {
    return table(['table', 'owner', 'written by', 'read by', 'role'], sorted, ({ table: name, owner, writers, readers, role }) => [code(name), prose(owner ?? ''), list(writers), list(readers), ROLE[role]], { budget: 6_000 });
  }
  return `${table(['table', ...columns.map(prose), 'role'], sorted, (plan) => [code(plan.table), ...columns.map((name) => `${plan.owner === name ? '**O** ' : ''}${letters(plan, name)}`.trim()), ROLE[plan.role]], { budget: 6_000 })}\n\n**O** owns, W writes, r reads.`;
}

const touching = ({ writers, readers }: TablePlan): number => new Set([...writers, ...readers].map(({ context }) => context)).size;
const letters = ({ writers, readers }: TablePlan, name: string): string => `${writers.some(({ context }) => context === name) ? 'W' : ''}${readers.some(({ context }) => context === name) ? 'r' : ''}`;
const list = (uses: TablePlan['writers']): string => clip(uses.map(({ context }) => prose(context)), 6);
const ROLE: Readonly<Record<TablePlan['role'], string>> = { own: '', reference: 'reference data: replicate', god: 'many writers: split its columns' };
