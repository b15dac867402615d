import { createHash } from 'node:crypto';
import { byEvidence, compareText, type Evidence } from '../model/evidence.ts';
import type { Crossing, Held } from '../hold/hold.ts';
import { crossingIdentity, unresolvedIdentity } from '../hold/identity.ts';
import type { Analysis, Cut } from '../propose/analysis.ts';
import { PLAIN, type Printing } from './printing.ts';
import { RULES, ruleOfCut, type RuleId } from './sarif-rules.ts';

/** What code scanning takes in one run; the rest is counted in a notification, and listed in the JSON report. */
const MOST_RESULTS = 25_000;

interface Finding {
  readonly rule: RuleId;
  readonly message: string;
  readonly evidence: Evidence;
  /** Whatever the line: the same finding has the same one after code moved. */
  readonly identity: string;
  readonly places: number;
  readonly state?: 'new' | 'unchanged';
  readonly properties?: Readonly<Record<string, string | number>>;
}

/** SARIF 2.1.0, for code scanning and editors: each crossing where the source makes it. Against a baseline, each finding says whether it is new. */
export function sarif(analysis: Analysis, { base, held }: Printing = PLAIN): string {
  const all = held === undefined ? proposed(analysis) : heldFindings(analysis, held);
  const shown = all.slice(0, MOST_RESULTS);
  const index = new Map(RULES.map(({ id }, i) => [id, i]));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'strangler', rules: RULES.map(printRule) } },
      columnKind: 'utf16CodeUnits',
      originalUriBaseIds: { SRCROOT: { description: { text: 'The root of the repository.' } } },
      ...(all.length > shown.length ? { invocations: [truncated(all.length)] } : {}),
      results: [],
    }],
  };
  // A result a line: a log of thousands stays small, and reads as a diff.
  const results = shown.map((finding) => `\n   ${JSON.stringify(printResult(finding, index.get(finding.rule) ?? 0, base))}`);
  return `${JSON.stringify(log, null, 1).replace('"results": []', () => `"results": [${results.join(',')}]`)}\n`;
}

/** Without a baseline: the proposal's own cuts, the places it is not sure of, and the gaps. */
const proposed = (analysis: Analysis): Finding[] => sorted([
  ...once(analysis.cuts.map((cut) => crossing(cut, crossingIdentity(cut, new Map()), 1))),
  ...analysis.decisions.map(({ module, context, runnerUp, confidence }): Finding => ({
    rule: 'unsure-placement', message: `${module} lies in ${context} and leans almost as much on ${runnerUp}. Decide, and pin it in strangler.contexts.yaml.`,
    evidence: { file: module, line: 1 }, identity: `unsure ${module}`, places: 1, properties: { context, runnerUp, confidence },
  })),
  ...gaps(analysis, undefined),
]);

/** Against a baseline the boundaries are settled, so no placement is unsure; where new modules were put is said instead. */
const heldFindings = (analysis: Analysis, held: Held): Finding[] => sorted([
  ...held.crossings.map(({ cut, identity, places, state }: Crossing) => ({ ...crossing(cut, identity, places), state: state === 'new' ? 'new' as const : 'unchanged' as const })),
  ...held.placed.filter(({ because }) => because === 'folder' || because === 'edges').map(({ module, context, because }): Finding => ({
    rule: 'new-module', message: `${module} is not in the baseline; ${because === 'folder' ? 'its folder belongs' : 'most of its edges lead'} to ${context}. Pin it in strangler.contexts.yaml if it belongs elsewhere.`,
    evidence: { file: module, line: 1 }, identity: `placed ${module}`, places: 1, state: 'new', properties: { context },
  })),
  ...gaps(analysis, held),
]);

const crossing = ({ kind, from, to, what, remedy, cost, evidence }: Cut, identity: string, places: number): Finding => ({
  rule: ruleOfCut(kind), message: `${what}: from ${from} into ${to}. ${remedy.text}`, evidence, identity, places, properties: { from, to, remedy: remedy.kind, cost },
});

function gaps({ model }: Analysis, held: Held | undefined): Finding[] {
  const renames = new Map((held?.renamed ?? []).map(({ from, to }) => [to, from]));
  const fresh = new Set(held?.newGaps ?? []);
  return once(model.unresolved.map((gap): Finding => {
    const identity = unresolvedIdentity(gap, renames);
    return {
      rule: 'unresolved', message: `This ${gap.kind} could not be resolved (${gap.why}): a crossing here would not be seen. ${gap.what}`, evidence: gap.evidence, identity, places: 1,
      ...(held === undefined ? {} : { state: fresh.has(identity) ? 'new' : 'unchanged' }),
    };
  }));
}

/** One result per identity, at its first place, with the number of places. */
function once(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of [...findings].sort((a, b) => byEvidence(a.evidence, b.evidence))) {
    const before = first.get(finding.identity);
    first.set(finding.identity, before === undefined ? finding : { ...before, places: before.places + finding.places });
  }
  return [...first.values()];
}

/** New ones first, so that none of them falls to a limit. */
const sorted = (findings: readonly Finding[]): Finding[] => [...findings].sort((a, b) => Number(b.state === 'new') - Number(a.state === 'new')
  || byEvidence(a.evidence, b.evidence) || compareText(a.rule, b.rule) || compareText(a.identity, b.identity));

const printRule = ({ id, name, level, short, full }: (typeof RULES)[number]): unknown => ({
  id, name, shortDescription: { text: short }, fullDescription: { text: full }, help: { text: full }, defaultConfiguration: { level },
});

const printResult = ({ rule, message, evidence, identity, places, state, properties }: Finding, ruleIndex: number, base: string): unknown => ({
  ruleId: rule, ruleIndex, level: RULES[ruleIndex]?.level ?? 'warning',
  message: { text: places === 1 ? message : `${message} (${String(places)} places)` },
  locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(base, evidence.file), uriBaseId: 'SRCROOT' }, region: { startLine: Math.max(1, evidence.line) } } }],
  partialFingerprints: { 'strangler/v1': createHash('sha256').update(identity).digest('hex').slice(0, 32) },
  occurrenceCount: places,
  ...(state === undefined ? {} : { baselineState: state }),
  ...(properties === undefined ? {} : { properties }),
});

const truncated = (total: number): unknown => ({
  executionSuccessful: true,
  toolExecutionNotifications: [{ level: 'warning', message: { text: `${String(total)} findings; only the first ${String(MOST_RESULTS)} are here. The JSON report has all of them.` } }],
});

/** A relative URI reference (RFC 3986): each segment percent-encoded, also a colon, which would read as a scheme. */
const uriOf = (base: string, file: string): string => `${base}${file}`.split('/').map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
