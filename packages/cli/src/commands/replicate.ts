import { join } from 'node:path';
import { ExitCode, StranglerError, systemClock, type ReplicationConfig } from '@strangler/kernel';
import { readCheckpoint, removeReplication, replicate, type KafkaAccess, type ReplicateOptions, type ReplicationEvent, type RunningReplication, type TableChanges } from '@strangler/migrations';
import { flag, type Command, type Invocation, type Io, type Outcome } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, findReplication, loadMigration, prepareStateDirectory, replicationSides, type Migration } from '../context.ts';
import { askedChanges, copyingLines, planChanges, TABLE_HELP, TABLE_OPTIONS } from '../replicate/table-changes.ts';
import { untilAborted } from '../wait.ts';

export const command: Command = {
  usage: 'replicate [REPLICATION …] | replicate REPLICATION --add-table T | --again T | --drop-table T [--execute] | replicate REPLICATION … --remove [--execute]',
  help: `Copies the tables of each replication (all of the config by default) and follows their changes until it is told to stop: WAL → change log →
target, whole transactions, each exactly once in effect. With log: 'kafka' in the config the change log is written by Debezium (\`strangler connect\`),
and KAFKA_BROKERS names the brokers. It goes on where it stopped, however it stopped. A replication back to the monolith
waits until a cut-over prepares it. One process per replication; a second is refused.

  --max-rows-per-second N   bounds the first copy, so that the source and the target have room for others
  --readers N               connections that read it at once; over the config's copy.readers (2)
${TABLE_HELP}
  --remove        take away what the named replications have made: slot, publication, checkpoint, origin and change log; the copied rows
                  stay. Prints what it would do; --execute does it. For a fresh start, or for good: a slot nobody reads keeps the source's WAL
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, ...TABLE_OPTIONS, 'max-rows-per-second': { type: 'string' }, readers: { type: 'string' }, remove: { type: 'boolean' }, execute: { type: 'boolean' } },
  run: async (invocation) => {
    const migration = await loadMigration(invocation);
    if (flag(invocation.values, 'remove')) return remove(migration, invocation);
    const changes = askedChanges(invocation);
    if (changes !== undefined && !flag(invocation.values, 'execute')) return plan(migration, invocation.positionals[0] ?? '', changes);
    // Why it cannot be written is said by the log that needs it.
    await prepareStateDirectory(migration.stateDirectory).catch(() => undefined);
    const all = Object.keys(migration.config.replication ?? {});
    const names = invocation.positionals.length > 0 ? invocation.positionals : all;
    if (names.length === 0) throw new StranglerError({ code: 'STR_UNKNOWN_REPLICATION', message: 'The config declares no replication.', remedy: 'Add one under `replication`.' });
    const running = new Map<string, RunningReplication>();
    const ended = new AbortController();
    const stop = AbortSignal.any([invocation.io.signal, ended.signal]);
    const work = names.map((name) => follow(migration, name, findReplication(migration, name), invocation, stop, running, changes));
    try {
      await Promise.race([Promise.all(work), untilAborted(invocation.io.signal)]);
    } finally {
      ended.abort();
      await Promise.allSettled(work);
      await Promise.all([...running.values()].map((each) => each.stop()));
    }
    return { exitCode: ExitCode.ok, text: '', json: { stopped: names } };
  },
};

const plan = (migration: Migration, name: string, changes: TableChanges): Outcome => planChanges(name, findReplication(migration, name), changes);

/** Never all at once by default: whoever removes says which. */
async function remove(migration: Migration, { positionals, values, io }: Invocation): Promise<Outcome> {
  if (positionals.length === 0) throw new StranglerError({ code: 'STR_USAGE', message: 'Which replication?', remedy: 'strangler replicate REPLICATION … --remove [--execute]' });
  const named = positionals.map((name) => ({ name, mapping: findReplication(migration, name) }));
  const logDirectory = join(migration.stateDirectory, 'log');
  if (!flag(values, 'execute')) {
    const lines = named.map(({ name, mapping }) => `${name}: slot and publication on ${mapping.from}, checkpoint and origin on ${mapping.to}, ${join(logDirectory, name)}`);
    return { exitCode: ExitCode.ok, text: [...lines, 'The copied rows stay. Nothing was changed; --execute performs it. There is no undo but a new snapshot.'].join('\n'), json: { planned: positionals } };
  }
  const removed = Object.fromEntries(await Promise.all(named.map(async ({ name, mapping }) =>
    [name, await removeReplication({ name, ...replicationSides(migration, mapping, io), logDirectory })] as const)));
  const text = Object.entries(removed).map(([name, all]) => `${name}: ${all.length === 0 ? 'nothing was there' : `removed ${all.map(({ what }) => what).join(', ')}`}`).join('\n');
  return { exitCode: ExitCode.ok, text, json: { removed } };
}

/** Ends with the error that ended the replication, or when it is told to stop. */
async function follow(migration: Migration, name: string, mapping: ReplicationConfig, { io, values }: Invocation, stop: AbortSignal, running: Map<string, RunningReplication>, changes: TableChanges | undefined): Promise<void> {
  const sides = replicationSides(migration, mapping, io);
  if (mapping.to === 'monolith' && !await prepared(name, sides.targetUrl, io, stop)) return;
  const replication = await replicate({
    name, mapping, ...sides, logDirectory: join(migration.stateDirectory, 'log'), ...kafkaOf(mapping, io), ...(changes === undefined ? {} : { changes }), ...bounded(values), onEvent: speaker(io, name),
  });
  running.set(name, replication);
  io.out(`${JSON.stringify({ event: 'ready', replication: name })}\n`);
  await Promise.race([replication.failed, untilAborted(stop)]);
}

/** @throws StranglerError STR_USAGE */
function bounded(values: Invocation['values']): Pick<ReplicateOptions, 'snapshot'> {
  const [maxRowsPerSecond, readers] = [wholeNumber(values, 'max-rows-per-second', /^[1-9]\d{0,8}$/, '20000'), wholeNumber(values, 'readers', /^([1-9]|1[0-6])$/, '4')];
  return { snapshot: { ...(maxRowsPerSecond === undefined ? {} : { maxRowsPerSecond }), ...(readers === undefined ? {} : { readers }) } };
}

function wholeNumber(values: Invocation['values'], option: string, allowed: RegExp, example: string): number | undefined {
  const given = values[option];
  if (given === undefined) return undefined;
  if (typeof given === 'string' && allowed.test(given)) return Number(given);
  throw new StranglerError({ code: 'STR_USAGE', message: `--${option} takes a whole number from 1${option === 'readers' ? ' to 16' : ''}.`, remedy: `strangler replicate REPLICATION --${option} ${example}` });
}

/** Brokers come from the environment: the same config serves every place it runs in. */
function kafkaOf({ log }: ReplicationConfig, { environment }: Io): { readonly kafka?: KafkaAccess } {
  const brokers = (environment['KAFKA_BROKERS'] ?? '').split(',').map((broker) => broker.trim()).filter((broker) => broker !== '');
  return log === 'kafka' && brokers.length > 0 ? { kafka: { brokers } } : {};
}

/** The way back is prepared by the cut-over, before it flips: nothing written on the service is missed. False when told to stop first. */
async function prepared(name: string, targetUrl: string, io: Io, stop: AbortSignal): Promise<boolean> {
  let told = false;
  while (!stop.aborted) {
    if ((await readCheckpoint(targetUrl, name))?.phase === 'streaming') return true;
    if (!told) io.err(`${name}: waits for a cut-over to prepare it\n`);
    told = true;
    await systemClock.sleep(250, stop).catch(() => undefined);
  }
  return false;
}

function speaker(io: Io, name: string): (event: ReplicationEvent) => void {
  const copying = copyingLines(() => systemClock.now());
  return (event) => {
    const line = event.kind === 'copying' ? copying(event) : event.kind === 'snapshot' ? copying({ ...event, kind: 'copying', step: 'rows' }) : undefined;
    if (line !== undefined) io.err(`${name}: ${line}\n`);
    say(io, name, event);
  };
}

function say(io: Io, name: string, event: ReplicationEvent): void {
  if (event.kind === 'trouble') io.err(`${name}: ${event.side}: ${event.message}; again in ${String(event.retryInMs)} ms\n`);
  if (event.kind === 'warning') io.err(`${name}: ${event.finding.code}: ${event.finding.message} ${event.finding.remedy ?? ''}\n`);
  if (event.kind === 'streaming') io.err(`${name}: streaming\n`);
}
