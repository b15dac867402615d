import type { Registered, Work } from './client.ts';

/** What ended a connector or a task, in one line, and what to do. */
export interface Trouble {
  readonly fact: string;
  readonly remedy: string;
}

/** What Debezium and PostgreSQL say, and what a person does about it; the first that fits. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/password authentication failed|Access denied for user|no password was provided/i, 'Correct user and password where Connect takes them from (its environment or the secrets file), then restart it: a worker reads its environment once.'],
  [/replication slot "[^"]*" is active/i, 'Somebody else reads this slot: the embedded replication (stop it), or a worker that was killed and whose connection has not ended yet (wait). Then `strangler connect restart`.'],
  [/replication slot "[^"]*" does not exist|slot .* is missing|requested WAL segment|can no longer access replication slot|no longer available on the server|invalidat/i, 'The source no longer has what the connector would go on with: changes are missing. Remove the replication and start it again with a new snapshot, then verify.'],
  [/must be superuser or replication role|permission denied to (use|start) .*replication|REPLICATION( SLAVE| CLIENT)? privilege/i, 'Give the role the right to read the source\'s log: ALTER ROLE … REPLICATION (PostgreSQL), GRANT REPLICATION SLAVE, REPLICATION CLIENT (MariaDB, MySQL).'],
  [/wal_level/i, 'ALTER SYSTEM SET wal_level = logical, then restart PostgreSQL.'],
  [/must be owner of|permission denied for (table|schema|database)|SELECT command denied/i, 'Give the role the right that the message names; `strangler doctor` prints the GRANT.'],
  [/UnknownHostException|Connection refused|Communications link failure|The connection attempt failed|could not be reached/i, 'Start the database, or correct its host and port as seen from Connect; then `strangler connect restart`.'],
  [/No space left on device/i, 'Make room where the broker keeps its log, then `strangler connect restart`.'],
  [/RecordTooLarge/i, 'A row is larger than the broker takes: raise max.message.bytes of the topic and producer.override.max.request.size of the connector.'],
  [/TimeoutException|Failed to send|disconnected/i, 'The broker did not answer in time: see that it runs, then `strangler connect restart`.'],
];
const UNKNOWN = 'Look at Connect\'s log; once it is mended, `strangler connect restart`.';

/** What is wrong with one of these, first of all with the connector itself; undefined while all is well. */
export function troubleOf({ connector, tasks }: Registered): Trouble | undefined {
  const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED');
  return failed === undefined ? undefined : explainTrace(failed);
}

export function explainTrace({ trace = '' }: Pick<Work, 'trace'>): Trouble {
  return { fact: firstCause(trace), remedy: remedyFor(trace) };
}

export const remedyFor = (text: string): string => KNOWN.find(([pattern]) => pattern.test(text))?.[1] ?? UNKNOWN;

/** Wrapped errors come first in a Java trace, and say little: the last `Caused by:` is what happened. */
function firstCause(trace: string): string {
  const lines = trace.split('\n').map((line) => line.trim());
  const cause = lines.findLast((line) => line.startsWith('Caused by: ')) ?? lines[0] ?? '';
  return cause.replace(/^Caused by: /, '').replace(/^(?:[\w$]+\.)+(?=[\w$]*(?:Exception|Error)\b)/, '') || 'it gives no reason';
}
