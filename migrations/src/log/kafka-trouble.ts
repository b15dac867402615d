import { ExitCode, StranglerError } from '@strangler/kernel';
import type { TransactionEnd } from '../capture/envelope.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';

interface Place { readonly topic: string; readonly partition: number }
const place = ({ topic, partition }: Place): string => `${topic}, partition ${String(partition)}`;

const AGAIN = 'What was applied is safe in the target. Remove the replication (`strangler replicate NAME --remove --execute`) and start it again: it takes a new snapshot. Give the topics a longer retention.';

/** Records we have not applied are no longer kept. Going on at the oldest that is would lose the rest without a word. */
export const topicTruncated = (wanted: Place & { readonly offset: bigint }, kept: { readonly low: bigint; readonly high: bigint }): StranglerError => new StranglerError({
  code: 'STR_TOPIC_TRUNCATED', exitCode: ExitCode.environment, remedy: AGAIN,
  message: wanted.offset < kept.low
    ? `${place(wanted)} no longer holds offsets ${wanted.offset.toString()} to ${(kept.low - 1n).toString()}: ${(kept.low - wanted.offset).toString()} records that were not applied are gone.`
    : `${place(wanted)} ends at offset ${kept.high.toString()}, before offset ${wanted.offset.toString()}, up to which it was applied: it was deleted and made anew, or a broker has lost records.`,
});

export const topicReplaced = (topics: readonly string[]): StranglerError => new StranglerError({
  code: 'STR_TOPIC_REPLACED', exitCode: ExitCode.environment, remedy: AGAIN.replace(' Give the topics a longer retention.', ''),
  message: `${topics.join(', ')} ${topics.length === 1 ? 'is another topic' : 'are other topics'} than the one that was read: deleted, and made anew under the same name. Our offsets say nothing about it, and what the old one still held was not applied.`,
});

export const topicMissing = (topics: readonly string[]): StranglerError => new StranglerError({
  code: 'STR_TOPIC_MISSING', exitCode: ExitCode.environment, remedy: AGAIN,
  message: `Kafka has no topic ${topics.join(', ')} any more.`,
});

export const transactionIncomplete = (id: string, commit: string, has: number, wants: number, unread: readonly string[]): StranglerError => new StranglerError({
  code: 'STR_TRANSACTION_INCOMPLETE', exitCode: ExitCode.environment,
  message: unread.length > 0
    ? `The connector captures ${unread.join(', ')}, which this replication does not name: the source transaction ${id} (commit ${commit}) cannot be put together.`
    : `Of the source transaction ${id} (commit ${commit}) only ${String(has)} of ${String(wants)} events are in Kafka.`,
  remedy: unread.length > 0 ? 'Give connector and replication the same tables: `strangler connect plan`.' : `Records were deleted, or another producer writes to these topics. ${AGAIN}`,
});

/** Whether the first transaction that a run of the connector sends is whole, only the WAL knows. */
export const transactionUnproven = ({ xid, lsn }: TransactionEnd, after: Lsn): StranglerError => new StranglerError({
  code: 'STR_TRANSACTION_UNPROVEN', exitCode: ExitCode.environment,
  message: `The connector began anew, and Debezium 3.6 may have passed over what it should have begun with: the source's WAL is asked for what was committed behind ${printLsn(after)} and up to ${printLsn(lsn)} (transaction ${String(xid)}), and no longer has it.`,
  remedy: `The spare slot that keeps it is gone, or the server has given it up (max_slot_wal_keep_size). ${AGAIN.replace(' Give the topics a longer retention.', '')}`,
});

/** The connector was stopped within a WAL record that held several rows, and has gone on behind the whole record: what it had not sent is in no topic. */
export const transactionCut = ({ xid, lsn }: TransactionEnd): StranglerError => new StranglerError({
  code: 'STR_TRANSACTION_CUT', exitCode: ExitCode.environment,
  message: `The connector was stopped in the middle of the source transaction ${String(xid)} (commit ${printLsn(lsn)}), and what it sent before and after does not prove to be all of it.`,
  remedy: `Debezium 3.6 does not go on within a WAL record of several rows (COPY, TRUNCATE of several tables, a changed key; dbz#1554): some may be missing. ${AGAIN.replace(' Give the topics a longer retention.', '')}`,
});
