import { ExitCode, StranglerError } from '@strangler/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { outcomeOf } from '@strangler/migrations';
import { flag, type Invocation, type Outcome } from '../command.ts';
import { connectContext, type ConnectContext } from './context.ts';
import { connectorLines, printTrouble, type Line } from './status.ts';

/** How long something restarted may take to read its source, or to fail again. */
const PATIENCE_MS = 40_000;

/** Restarts what has failed; `--all` the rest as well. Reading goes on where it stopped. */
export async function restart(invocation: Invocation, names: readonly string[]): Promise<Outcome> {
  const context = await connectContext(invocation, names);
  const { client, wanted } = context;
  const registered = await client.registered();
  const unknown = [...wanted.keys()].filter((name) => !registered.has(name));
  if (names.length > 0 && unknown.length > 0) {
    throw new StranglerError({ code: 'STR_UNKNOWN_CONNECTOR', message: `Kafka Connect at ${client.url} knows no ${unknown.join(', no ')}.`, remedy: 'Register it: strangler connect apply.' });
  }
  const all = flag(invocation.values, 'all');
  const chosen = new Map([...wanted].filter(([name]) => { const one = registered.get(name); return one !== undefined && (all || outcomeOf(one).state === 'failed'); }));
  if (chosen.size === 0) return nothingFailed(await connectorLines(context, invocation));
  for (const name of chosen.keys()) await client.restart(name, { onlyFailed: !all });
  const after = await settle({ ...context, wanted: chosen }, invocation);
  return {
    exitCode: after.every(({ trouble, outcome }) => trouble === undefined && outcome === 'running') ? ExitCode.ok : ExitCode.no, json: { restarted: after },
    text: after.map((line) => line.trouble === undefined ? `✓ ${line.name}: restarted, ${line.outcome}` : printTrouble(line)).join('\n'),
  };
}

/** What Connect does not call failed may still try in vain; only `--all` restarts that. */
function nothingFailed(lines: readonly Line[]): Outcome {
  const troubled = lines.filter(({ trouble }) => trouble !== undefined);
  return {
    exitCode: troubled.length === 0 ? ExitCode.ok : ExitCode.no, json: { restarted: [], troubled },
    text: ['Nothing has failed; --all restarts what runs as well.', ...troubled.map(printTrouble)].join('\n'),
  };
}

/** RUNNING is said by a connector that has not yet tried; three times in a row, and its slot read where the source can be asked, counts. */
async function settle(context: ConnectContext, invocation: Invocation): Promise<Line[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let calm = 0; ;) {
    await delay(500);
    const lines = await connectorLines(context, invocation);
    calm = lines.every(({ outcome, trouble }) => outcome === 'failed' || (outcome === 'running' && trouble === undefined)) ? calm + 1 : 0;
    if (calm === 3 || Date.now() > deadline || invocation.io.signal.aborted) return lines;
  }
}
