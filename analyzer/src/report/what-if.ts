import type { Cut, Evidence, Saga, Strain } from '../propose/analysis.ts';
import type { Change, Score, WhatIf } from '../propose/what-if/what-if.ts';

/** Lines per list; the JSON has all of them. */
const LISTED = 20;

/** A what-if as its asker reads it: is it better, what does it cost, what would break, how to keep it. */
export const printWhatIf = (answer: WhatIf): string => [
  `# What if: ${answer.moves.join('; ')}`, verdict(answer), scores(answer.before, answer.after), orders(answer.before, answer.after),
  ...section('Cuts it adds', answer.cuts.added, cutLine), ...section('Cuts it mends', answer.cuts.removed, cutLine),
  ...sagaSections(answer.sagas),
  ...section('Endpoints that change hands', answer.endpoints, ({ id, from, to }) => `\`${id}\`: ${from} → ${to}`),
  ...section('Rules it strains', answer.strains.added, strainLine), ...section('Rules it no longer strains', answer.strains.removed, strainLine),
  `## To make it permanent\n\nMerge into strangler.contexts.yaml (\`--save-pins\` shows the result):\n\n\`\`\`yaml\n${answer.pinLines}\n\`\`\``,
].join('\n\n').concat('\n');

function verdict({ before, after, cuts, strains }: WhatIf): string {
  const saved = round(before.cost.cost - after.cost.cost);
  const price = saved === 0 ? 'Cutting costs the same' : saved > 0 ? `Cutting costs ${String(saved)} less` : `Cutting costs ${String(-saved)} more`;
  const broken = strains.added.length === 0 ? '' : `; ${String(strains.added.length)} rule${strains.added.length === 1 ? ' is' : 's are'} strained anew`;
  return `${price}: ${String(cuts.removed.length)} cuts mended, ${String(cuts.added.length)} added${broken}.`;
}

const ROWS: readonly (readonly [name: string, value: (score: Score) => number, digits: number])[] = [
  ['contexts', ({ contexts }) => contexts.length, 0], ['cuts', ({ cost }) => cost.cuts, 0], ['cost of cutting', ({ cost }) => cost.cost, 1],
  ['transactions that become sagas', ({ cost }) => cost.transactions, 0], ['endpoints that several contexts serve', ({ cost }) => cost.distributed, 0], ['complexity of their sagas', ({ cost }) => cost.complexity, 0],
  ['modularity (higher is better)', ({ quality }) => quality.modularity, 3], ['calls across contexts, ICP (lower is better)', ({ quality }) => quality.icp, 3], ['share of the largest context', ({ quality }) => quality.largest, 3],
];

function scores(before: Score, after: Score): string {
  const rows = ROWS.map(([name, value, digits]) => {
    const [was, is] = [value(before), value(after)];
    const change = is - was;
    return `| ${name} | ${was.toFixed(digits)} | ${is.toFixed(digits)} | ${Math.abs(change) < 0.5 * 10 ** -digits ? '' : `${change > 0 ? '+' : '−'}${Math.abs(change).toFixed(digits)}`} |`;
  });
  return ['| | before | after | |', '|---|--:|--:|--:|', ...rows].join('\n');
}

const orders = (before: Score, after: Score): string => (before.order.join() === after.order.join() ? `Order of extraction: unchanged (${clip(before.order)}).` : `Order of extraction: was ${clip(before.order)}; would be ${clip(after.order)}.`);
const clip = (names: readonly string[]): string => `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;

function section<T>(title: string, all: readonly T[], line: (one: T) => string): string[] {
  if (all.length === 0) return [];
  const rest = all.length > LISTED ? `\n- ${String(all.length - LISTED)} more with --json` : '';
  return [`## ${title} (${String(all.length)})\n\n${all.slice(0, LISTED).map((one) => `- ${line(one)}`).join('\n')}${rest}`];
}

const cutLine = ({ from, to, kind, what, evidence, remedy }: Cut): string => `${from} → ${to}, ${kind === 'foreignKey' ? 'foreign key' : kind}: ${what} (${at(evidence)}). **${remedy.kind}**: ${remedy.text}`;
const strainLine = ({ rule, what, remedy, evidence }: Strain): string => `${rule}: ${what}${evidence === undefined ? '' : ` (${at(evidence)})`}. ${remedy}`;

/** A saga whose steps changed is listed on both sides by its id: here it is one line. */
function sagaSections({ added, removed }: Change<Saga>): string[] {
  const before = new Map(removed.map((saga) => [saga.id, saga]));
  const changed = added.flatMap((saga) => {
    const was = before.get(saga.id);
    return was === undefined ? [] : [[was, saga] as const];
  });
  const both = new Set(changed.map(([{ id }]) => id));
  return [
    ...section('Transactions that would become sagas', added.filter(({ id }) => !both.has(id)), sagaLine),
    ...section('Transactions that stay transactions', removed.filter(({ id }) => !both.has(id)), sagaLine),
    ...section('Sagas that change', changed, ([was, is]) => `${is.name} (${at(is.evidence)}): was ${stepsOf(was)}; would be ${stepsOf(is)}`),
  ];
}

const sagaLine = (saga: Saga): string => `${saga.name} (${saga.kind}, ${at(saga.evidence)}): ${stepsOf(saga)}`;
const stepsOf = ({ steps }: Saga): string => steps.map(({ context, writes }) => `${context} writes ${writes.join(', ')}`).join(' → ');
const at = ({ file, line }: Evidence): string => `\`${file}:${String(line)}\``;
const round = (value: number): number => Math.round(value * 100) / 100;
