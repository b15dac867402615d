import { ExitCode, type Finding } from '@strangler/kernel';
import { planConnectors, printConnectPlan, signalTableStatement, type Settings, type SourceState } from '@strangler/migrations';
import type { Invocation, Outcome } from '../command.ts';
import { printFindings } from '../print/error.ts';
import { askSource, connectContext, type ConnectContext } from './context.ts';

/** Dry: what `apply` would do, and what it would meet at the sources. */
export async function plan(invocation: Invocation, names: readonly string[]): Promise<Outcome> {
  const context = await connectContext(invocation, names);
  const planned = planConnectors(context.wanted, await context.client.registered());
  const findings = await sourceFindings(context, invocation);
  const todo = planned.connectors.some(({ action }) => action !== 'none');
  const last = todo ? 'Nothing was changed; `strangler connect apply` performs it.' : 'Nothing to do.';
  return {
    exitCode: ExitCode.ok, json: { ...planned, findings },
    text: [printConnectPlan(planned), ...(findings.length === 0 ? [] : [printFindings(findings)]), last].join('\n'),
  };
}

/** What the connectors would miss at their sources, where those can be asked from here. */
export async function sourceFindings({ migration, wanted }: ConnectContext, { io }: Invocation): Promise<Finding[]> {
  const all = await Promise.all([...wanted].map(async ([name, settings]) => {
    const said = await askSource(migration, name, settings, io);
    const state = said === undefined || 'silent' in said ? undefined : said;
    return state === undefined ? [] : [...signalFinding(name, state), ...publicationFinding(name, settings, state)];
  }));
  return all.flat();
}

/** Debezium starts without its signal table, and then hears no signal. */
function signalFinding(where: string, { signalTable }: SourceState): Finding[] {
  return signalTable?.exists !== false ? [] : [{
    code: 'STR_SIGNAL_TABLE_MISSING', severity: 'warning', where,
    message: `The source has no table ${signalTable.name}: the connector runs, but cannot be told anything (an incremental snapshot, a pause).`,
    remedy: signalTableStatement(signalTable.name),
  }];
}

/** Without them it tries again for ever, and its state is RUNNING. */
function publicationFinding(where: string, settings: Settings, { publication, slot }: SourceState): Finding[] {
  if (settings['publication.autocreate.mode'] !== 'disabled' || (publication.exists && slot !== undefined)) return [];
  const missing = [publication.exists ? '' : `publication ${publication.name}`, slot === undefined ? `slot ${settings['slot.name'] ?? ''}` : ''].filter((part) => part !== '').join(' and no ');
  return [{
    code: 'STR_PUBLICATION_MISSING', severity: 'warning', where, message: `The source has no ${missing}: changes made now would not be captured.`,
    remedy: 'Start the replication first (`strangler replicate`): it makes both where the copy begins.',
  }];
}
