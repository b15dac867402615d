import { table } from '../print/table.ts';

/** What the demo shows in the end; with --json the same for a program. */
export interface DemoSummary {
  readonly requests: { readonly served: number; readonly failed: number; readonly failures: Readonly<Record<string, number>> };
  readonly writes: { readonly acknowledged: number; readonly lost: readonly string[]; readonly duplicated: readonly string[] };
  readonly events: { readonly applied: number; readonly lost: number; readonly duplicated: number };
  readonly cutovers: readonly { readonly direction: string; readonly pauseMs: number }[];
  readonly disagreement: { readonly path: string; readonly control: unknown; readonly candidate: unknown };
  readonly kills: Readonly<Record<string, number>>;
  readonly report: string;
  readonly seconds: number;
  readonly steps: readonly { readonly title: string; readonly ms: number }[];
  /** With --keep: where everything still runs. */
  readonly kept?: Kept;
}

export interface Kept {
  readonly shop: string;
  readonly dashboard: string;
  readonly tokenFile: string;
  /** `. FILE` in a shell, and every command of the toolkit works against the demo. */
  readonly environmentFile: string;
}

export function printSummary(summary: DemoSummary): string {
  const { requests, writes, events, cutovers } = summary;
  const kills = Object.entries(summary.kills).map(([name, count]) => `${name} ${String(count)}`).join(', ');
  return `\n${table([
    ['requests served', String(requests.served)],
    ['requests failed', String(requests.failed)],
    ['writes acknowledged', String(writes.acknowledged)],
    ['rows lost', String(writes.lost.length)],
    ['rows duplicated', String(writes.duplicated.length)],
    ['change events applied', String(events.applied)],
    ['events lost', String(events.lost)],
    ['events duplicated', String(events.duplicated)],
    ['cut-over pauses', cutovers.map(({ direction, pauseMs }) => `${direction} ${pauseMs.toFixed(0)} ms`).join(' · ')],
    ...(kills === '' ? [] : [['kill -9 survived', kills]]),
    ['analyzer report', summary.report],
    ['took', `${summary.seconds.toFixed(0)} s`],
  ])}\n${details(summary)}${kept(summary)}`;
}

const details = ({ requests, writes }: DemoSummary): string => [
  ...Object.entries(requests.failures).map(([what, count]) => `  ${String(count)} × ${what}`), ...writes.lost, ...writes.duplicated,
].slice(0, 20).map((line) => `${line}\n`).join('');

const kept = (summary: DemoSummary): string => summary.kept === undefined ? '' : `
Everything still runs; only the clients have gone home. Ctrl-C ends it.
  the shop       ${summary.kept.shop}
  the dashboard  ${summary.kept.dashboard}   (token: ${summary.kept.tokenFile})
  its commands   . ${summary.kept.environmentFile}; npx strangler status
`;
