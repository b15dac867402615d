import { FindingsError, StranglerError, type Finding } from '@strangler/kernel';

/** A known error: code, fact, remedy. An unknown one is a bug of ours and keeps its stack. */
export function printError(error: unknown): { readonly text: string; readonly json: unknown } {
  if (!(error instanceof StranglerError)) {
    const stack = error instanceof Error ? error.stack ?? error.message : String(error);
    return { text: `STR_BUG — This should not happen.\n${stack}\n`, json: { error: { code: 'STR_BUG', message: stack } } };
  }
  const findings = error instanceof FindingsError ? error.findings : [];
  return {
    text: `${error.code} — ${error.message}\n${printFindings(findings)}  → ${error.remedy}\n`,
    json: { error: { code: error.code, message: error.message, remedy: error.remedy, ...(findings.length === 0 ? {} : { findings }) } },
  };
}

/** One finding per paragraph: where, what, and what to do. */
export const printFindings = (findings: readonly Finding[]): string => findings.map((finding) =>
  `  ${SIGN[finding.severity]} ${finding.code}${finding.where === undefined ? '' : ` ${finding.where}`}: ${finding.message}\n${finding.remedy === undefined ? '' : `      ${finding.remedy}\n`}`).join('');

const SIGN = { error: '✗', warning: '!', note: '·' } as const;
