import { ExitCode } from '@strangler/kernel';
import { outcomeOf, type Registered, type Settings, type SourceState, type Trouble } from '@strangler/migrations';
import type { Invocation, Outcome } from '../command.ts';
import { table } from '../print/table.ts';
import { askSource, connectContext, type ConnectContext, type Silent } from './context.ts';

/** A connector as a person asks for it: its own word, and its source's. */
export interface Line {
  readonly name: string;
  readonly state: string;
  readonly tasks: readonly string[];
  readonly slot?: SourceState['slot'];
  readonly outcome: 'running' | 'starting' | 'failed' | 'not registered';
  readonly trouble?: Trouble;
  /** Why the source said nothing: then "running" is Connect's word alone. */
  readonly silent?: string;
}

/** Whether every connector of the config runs, how far its slot is behind, and what to do where it is not. */
export async function status(invocation: Invocation, names: readonly string[]): Promise<Outcome> {
  const lines = await connectorLines(await connectContext(invocation, names), invocation);
  const bad = lines.filter(({ trouble }) => trouble !== undefined);
  return {
    exitCode: bad.length === 0 ? ExitCode.ok : ExitCode.no, json: { connectors: lines },
    text: [
      table(lines.map(({ name, state, tasks, slot }) => [name, state, tasks.length === 0 ? 'no task' : `tasks: ${tasks.join(', ')}`, printSlot(slot)])),
      ...bad.map(printTrouble),
      ...lines.flatMap(({ name, silent }) => silent === undefined ? [] : [`· ${name}: its source could not be asked, and Connect says RUNNING also of what tries in vain. ${silent}`]),
    ].join('\n'),
  };
}

export async function connectorLines({ client, wanted, migration }: ConnectContext, { io }: Invocation): Promise<Line[]> {
  const registered = await client.registered();
  return Promise.all([...wanted].map(async ([name, settings]) => lineOf(name, settings, registered.get(name), await askSource(migration, name, settings, io))));
}

function lineOf(name: string, settings: Settings, registered: Registered | undefined, said: SourceState | Silent | undefined): Line {
  const [source, silent] = said === undefined || 'silent' in said ? [undefined, said ?? {}] : [said, {}];
  const slot = source?.slot === undefined ? {} : { slot: source.slot };
  if (registered === undefined) return { name, state: 'not registered', outcome: 'not registered', tasks: [], ...slot, ...silent, trouble: { fact: 'Connect does not know it.', remedy: 'strangler connect apply' } };
  const { state: outcome, trouble = slotTrouble(settings, source) } = outcomeOf(registered);
  return {
    name, state: registered.connector.state.toLowerCase(), tasks: registered.tasks.map(({ state }) => state.toLowerCase()), outcome, ...slot, ...silent,
    ...(trouble === undefined ? {} : { trouble }),
  };
}

export const printTrouble = ({ name, trouble }: Line): string => `✗ ${name}: ${trouble?.fact ?? ''}\n    → ${trouble?.remedy ?? ''}`;

/** Debezium retries most errors without end and is RUNNING meanwhile; whether it reads is known to the source alone. */
function slotTrouble(settings: Settings, source: SourceState | undefined): Trouble | undefined {
  if (source === undefined) return undefined;
  const { slot } = source;
  if (slot === undefined) return { fact: `The source has no slot ${settings['slot.name'] ?? ''}: nothing is captured.`, remedy: 'Start the replication (`strangler replicate`): it makes slot and publication. If it has been running, changes are missing: remove it, start it again, then `strangler verify`.' };
  if (slot.walStatus === 'lost') return { fact: `The source has removed WAL that the slot ${slot.name} still needed: changes are missing.`, remedy: 'Remove the replication, start it again with a new snapshot, then `strangler verify`.' };
  return slot.active ? undefined : { fact: `It runs, but nobody reads the slot ${slot.name}: it is starting, or tries the same again and again.`, remedy: 'Ask again in a few seconds; if it stays so, Connect\'s log says why. Once that is mended: `strangler connect restart --all`, as a task reads its secrets only when it starts.' };
}

function printSlot(slot: SourceState['slot']): string {
  if (slot === undefined) return '';
  return `slot ${slot.active ? 'read' : 'read by nobody'}, ${size(slot.lagBytes)} behind`;
}

const size = (bytes: number): string => bytes < 1e6 ? `${String(Math.round(bytes / 1e3))} kB` : `${String(Math.round(bytes / 1e6))} MB`;
