import type { Crossing, Held } from '@strangler/analyzer';
import { ExitCode, StranglerError } from '@strangler/kernel';

const FAIL_ON = ['new', 'any', 'none'] as const;
/** `new`: a boundary is crossed where the baseline has no crossing. `any`: it is crossed at all. `none`: it is only said. */
export type FailOn = (typeof FAIL_ON)[number];

/** @throws StranglerError STR_USAGE for another word, and where nothing says what is new. */
export function failOn(given: string | undefined, hasBaseline: boolean): FailOn {
  const chosen = given === undefined ? (hasBaseline ? 'new' : 'none') : FAIL_ON.find((word) => word === given);
  if (chosen === undefined) throw new StranglerError({ code: 'STR_USAGE', message: `--fail-on knows no '${String(given)}'.`, remedy: `One of ${FAIL_ON.join(', ')}.` });
  if (chosen !== 'none' && !hasBaseline) {
    throw new StranglerError({ code: 'STR_USAGE', message: `--fail-on ${chosen} needs a baseline: without one each run draws its boundaries anew, and there is nothing to hold.`, remedy: 'Name it with --baseline FILE; --write-baseline makes the first one.' });
  }
  return chosen;
}

export const countNew = ({ crossings }: Held): number => crossings.filter(({ state }) => state === 'new').length;

export const gateExit = (held: Held, on: FailOn): ExitCode => ((on === 'new' && countNew(held) > 0) || (on === 'any' && held.crossings.length > 0) ? ExitCode.no : ExitCode.ok);

/** The answer for a build log: what is new with its place and remedy, what is gone, where new modules were put. `prefix` leads from here to the analyzed directory. */
export function gateText(held: Held, { on, name, prefix }: { on: FailOn; name: string; prefix: string }): string {
  const fresh = held.crossings.filter(({ state }) => state === 'new');
  const shown = on === 'any' ? held.crossings : fresh;
  const guessed = held.placed.filter(({ because }) => because === 'folder' || because === 'edges');
  return [
    `${count(held.crossings.length, 'crossing')} of the boundaries in ${name}: ${String(fresh.length)} new, ${String(held.crossings.length - fresh.length)} known, ${String(held.gone.length)} gone`,
    ...shown.slice(0, SHOWN).flatMap((crossing) => crossingLines(crossing, prefix)),
    ...(shown.length > SHOWN ? ['', `  … ${String(shown.length - SHOWN)} more; --format json and sarif have all of them`] : []),
    ...section(`${count(held.gone.length, 'crossing')} of the baseline ${held.gone.length === 1 ? 'is' : 'are'} gone; write it anew, so that ${held.gone.length === 1 ? 'it stays' : 'they stay'} gone`, held.gone),
    ...section(`${count(guessed.length, 'new module')}, placed by folder or edges; pin what belongs elsewhere`, guessed.map(({ module, context, because }) => `${module}: ${context}, by its ${because}`)),
    ...section(`${count(held.renamed.length, 'module')} found again under another path`, held.renamed.map(({ from, to }) => `${from} → ${to}`)),
    ...section(`${count(held.newGaps.length, 'place')} that could not be resolved and ${held.newGaps.length === 1 ? 'was' : 'were'} not there before: a crossing there would not be seen`, held.newGaps),
    ...(fresh.length > 0 ? ['', 'Mend them; or, if a team decides to live with them: --write-baseline --execute, and let its owners review the change of the baseline.'] : []),
  ].join('\n');
}

function crossingLines({ cut, places, state }: Crossing, prefix: string): string[] {
  const more = places > 1 ? ` (and ${String(places - 1)} more)` : '';
  return ['', `  ${prefix}${cut.evidence.file}:${String(cut.evidence.line)}${more}  ${cut.from} → ${cut.to}  ${state === 'new' ? 'new ' : ''}${cut.kind}`, `    ${cut.what}`, `    ${cut.remedy.kind}: ${cut.remedy.text}`];
}

/** A build log that somebody still reads. */
const SHOWN = 100;
const LISTED = 20;
const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', title, ...lines.slice(0, LISTED).map((line) => `  ${line}`), ...(lines.length > LISTED ? [`  … ${String(lines.length - LISTED)} more`] : [])]);
const count = (n: number, noun: string): string => `${String(n)} ${noun}${n === 1 ? '' : 's'}`;
