import { ExitCode, printStage } from '@strangler/kernel';
import type { ComparisonReport } from '@strangler/proxy';
import { flag, text, type Command } from '../command.ts';
import { adminClient } from '../compose/admin.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, required, stateDirectory, whoAsks } from '../context.ts';
import { table } from '../print/table.ts';

const USAGE = 'compare [ROUTE] [--reset --why TEXT]';

export const command: Command = {
  usage: USAGE,
  help: `Shows how the monolith's answers (control) and the service's (candidate) differ, per route and JSON path, with examples.
Leaves with 1 when a route's answers differ more often than the config allows.

  --reset         count afresh, because the service was mended; needs --why
  --by NAME       for the audit; default: you
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, reset: { type: 'boolean' }, why: { type: 'string' }, by: { type: 'string' } },
  run: async (invocation) => {
    const { values, positionals, io } = invocation;
    const client = await adminClient(stateDirectory(values, io));
    const route = positionals[0];
    if (flag(values, 'reset')) {
      const why = required(text(values, 'why'), '--why', USAGE);
      await client.resetComparison({ ...(route === undefined ? {} : { route }), by: whoAsks(invocation), why });
      return { exitCode: ExitCode.ok, text: `Counting afresh${route === undefined ? '' : ` for ${route}`}.`, json: { reset: route ?? 'all' } };
    }
    const reports = await client.compare(route);
    const failed = reports.some(({ evidence }) => evidence.verdict === 'failed');
    return { exitCode: failed ? ExitCode.no : ExitCode.ok, text: printReports(reports), json: { routes: reports } };
  },
};

function printReports(reports: readonly ComparisonReport[]): string {
  const head = table(reports.map(({ route, stage, evidence }) => [
    route, printStage(stage), String(evidence.samples), String(evidence.mismatched), evidence.latencyRatio?.toFixed(2) ?? '', evidence.verdict,
  ]), ['route', 'stage', 'pairs', 'differ', 'latency ×', 'evidence']);
  return [head, ...reports.filter(({ evidence }) => evidence.samples > 0).map(printDetail)].join('\n\n');
}

function printDetail({ route, evidence, tally }: ComparisonReport): string {
  const paths = Object.entries(tally.paths).filter(([, { count }]) => count > 0).sort(([, a], [, b]) => b.count - a.count);
  const lines = paths.flatMap(([path, { count, examples }]) => [
    `  ${path}  ${String(count)} ×`,
    ...examples.map(({ control, candidate, path: at }) => `      ${at}: monolith ${control ?? '(absent)'}, service ${candidate ?? '(absent)'}`),
  ]);
  const lagging = tally.settled === 0 ? '' : ` ${String(tally.settled)} differed and agreed when asked again a moment later (replication lag, or a flicker).`;
  const skips = Object.entries(tally.skipped).map(([reason, count]) => `${String(count)} ${reason}`).join(', ');
  return [`${route}: ${evidence.because}${lagging}${skips === '' ? '' : ` Not compared: ${skips}.`}`, ...lines].join('\n');
}
