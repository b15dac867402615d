import type { Analysis, BoundaryDecision } from '../propose/analysis.ts';
import { at, blocks, bold, bullets, clip, code, folded, prose, table } from './markdown-parts.ts';
import { plural } from './words.ts';

const SHOWN = 5;

/** Hubs: utilities, reference data and god entities come before any cut. */
export const first = ({ hubs }: Analysis): string => (hubs.length === 0 ? '' : table(['what', 'leaned on by', 'do', 'for example'], hubs, ({ kind, subject, users, remedy, evidence }) =>
  [`${kind} ${code(subject)}`, plural(users.length, 'context'), prose(remedy.text), evidence[0] === undefined ? '' : at(evidence[0])], { budget: 3_000, rows: 8 }));

export function decisions({ decisions: all }: Analysis): string {
  if (all.length === 0) return '';
  const rest = all.slice(SHOWN);
  return [
    'Modules that lean almost as much on another context. Answer, and paste the pin into `strangler.contexts.yaml`.',
    ...all.slice(0, SHOWN).map(decision),
    ...(rest.length === 0 ? [] : [folded(`${String(rest.length)} more`, bullets(rest, ({ question, confidence }) => `${prose(question)} (confidence ${confidence.toFixed(2)})`, { budget: 2_500 }))]),
  ].join('\n\n');
}

const decision = ({ question, confidence, stays, moves, flip, answers }: BoundaryDecision): string => folded(`${prose(question)} Confidence ${confidence.toFixed(2)}`, [
  bullets([
    ...(stays[0] === undefined ? [] : [`for staying: ${prose(stays[0].says)}`]), ...(moves[0] === undefined ? [] : [`for moving: ${prose(moves[0].says)}`]),
    ...(flip === undefined ? [] : [prose(flip.says)]),
  ], (line) => line),
  ...answers.map(({ context, cuts, cost, consequence, pin }) => `${bold(context)}: ${plural(cuts, 'cut')} here, cost ${String(cost)}; ${prose(consequence)}\n\n\`\`\`yaml\n${pin.replaceAll('```', "'''")}\n\`\`\``),
].join('\n\n'));

export const order = ({ order: steps }: Analysis): string => `${table(['', 'context', 'value ÷ cost', 'value', 'cost', 'risk', 'because', 'first'],
  steps, ({ rank, context, score, value, cost, risk, because, first: before }) => [rank, prose(context), score.toFixed(2), value.total, cost.total, risk, prose(because), before[0] === undefined ? '' : `${before[0].remedy}${before.length > 1 ? `, ${String(before.length - 1)} more` : ''}`], { budget: 3_500, rows: 10 })}

Value: what the context has of churn, of contended tables and of requests (of endpoints, where none were recorded), in percent. Cost: its open cuts, a call being 1.`;

export const strains = ({ strains: all }: Analysis): string => (all.length === 0 ? '' : bullets(all, ({ rule, what, remedy, evidence }) => `${rule}: ${prose(what)}${evidence === undefined ? '' : ` (${at(evidence)})`}. ${prose(remedy)}`, { budget: 3_000 }));

export const rivals = ({ rivals: all, cost: own }: Analysis): string => (all.length === 0 ? '' : blocks([
  table(['', 'contexts', 'cuts', 'cost', 'transactions broken', 'stability', 'agrees with the proposal'], [
    ['the proposal', '', own.cuts, own.cost, own.transactions, '', ''],
    ...all.map(({ contexts, cost, stability, agreement }, i) => [`rival ${String(i + 1)}`, contexts, cost.cuts, cost.cost, cost.transactions, stability.toFixed(2), `ARI ${agreement.toFixed(2)}`]),
  ], (row) => row),
  ...all.map(({ differs }, i) => `Rival ${String(i + 1)}:\n\n${bullets(differs, ({ says }) => prose(says), { budget: 1_200 })}`),
], (block) => block, { budget: 5_000 }));

export const gaps = ({ model, measures, idlePins }: Analysis): string => [
  model.unresolved.length === 0 ? 'Everything that was seen was resolved.' : table(['kind', 'what', 'why', 'where'], model.unresolved, ({ kind, what, why, evidence }) => [kind, code(what), prose(why), at(evidence)], { budget: 4_000 }),
  ...(measures.cycles.length === 0 ? [] : [`Import cycles:\n\n${bullets(measures.cycles, (cycle) => clip(cycle.map(code), 12), { budget: 2_000 })}`]),
  ...(idlePins.length === 0 ? [] : [`Pins that match nothing:\n\n${bullets(idlePins, prose, { budget: 1_000 })}`]),
  ...(model.crossCheck.length === 0 ? [] : [`Where madge disagrees:\n\n${table(['from', 'to', 'seen by', 'because'], model.crossCheck, ({ from, to, seenBy, because }) => [code(from), code(to), seenBy, prose(because)], { budget: 2_000 })}`]),
].join('\n\n');

/** A whole draft where it can be read here; else who prints it. */
export const draft = ({ draft: text }: Analysis): string => (text.length <= 5_000 ? `\`\`\`ts\n${text}\`\`\`` : `${plural(text.split('\n').length, 'line')}: \`strangler init\` prints it.`);
