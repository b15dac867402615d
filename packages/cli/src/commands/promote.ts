import { ExitCode, printStage } from '@strangler/kernel';
import type { Changed } from '@strangler/proxy';
import { flag, text, type Command, type Invocation, type Outcome } from '../command.ts';
import { adminClient } from '../compose/admin.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, required, stateDirectory, whoAsks } from '../context.ts';

const USAGE = 'promote ROUTE [--to STAGE] --why TEXT [--execute]';

/** Options of both directions. */
export const CHANGE_OPTIONS = {
  ...CONFIG_OPTIONS, to: { type: 'string' }, why: { type: 'string' }, by: { type: 'string' }, execute: { type: 'boolean' },
} as const satisfies Command['options'];

export const command: Command = {
  usage: USAGE,
  help: `Moves a route one stage on: monolith → shadow → canary 5 → 25 → 50 → 100 → service → retired. Prints the plan; --execute performs it.
Refused without evidence from comparison, and for writes, which move together by \`strangler cutover\`.

  --to STAGE      shadow, shadow:0.2, canary:5, service, retired; default: the next one
  --sticky-by K   header:NAME, cookie:NAME or client: what a canary is sticky by
  --why TEXT      for the audit (needed with --execute)
  --by NAME       for the audit; default: you
  --force         although the evidence is missing; audited as such
${CONFIG_HELP}`,
  options: { ...CHANGE_OPTIONS, force: { type: 'boolean' }, 'sticky-by': { type: 'string' } },
  run: (invocation) => change('promote', USAGE, invocation),
};

export async function change(act: 'promote' | 'rollback', usage: string, invocation: Invocation): Promise<Outcome> {
  const { values, positionals, io } = invocation;
  const route = required(positionals[0], 'The route', usage);
  const execute = flag(values, 'execute');
  const to = text(values, 'to');
  const stickyBy = text(values, 'sticky-by');
  const body = {
    by: whoAsks(invocation), why: execute ? required(text(values, 'why'), '--why', usage) : text(values, 'why') ?? 'a plan', execute,
    ...(to === undefined ? {} : { to }), ...(flag(values, 'force') ? { force: true } : {}), ...(stickyBy === undefined ? {} : { stickyBy }),
  };
  const client = await adminClient(stateDirectory(values, io));
  const changed = act === 'promote' ? await client.promote(route, body) : await client.rollback(route, body);
  return { exitCode: ExitCode.ok, text: printChange(changed), json: changed };
}

function printChange({ plan, executed }: Changed): string {
  const moves = plan.changes.map(({ route, from, to }) => `  ${route}: ${printStage(from)} → ${printStage(to)}`).join('\n');
  return `${executed ? 'Done.' : 'Plan (nothing was changed; --execute performs it):'}\n${moves}\n  because: ${plan.because}\n  undo: ${plan.undo}`;
}
