import type { ChangeTransaction } from '../../capture/change-event.ts';
import { parseLsn, type Lsn } from '../../capture/lsn.ts';
import { tableName } from '../../capture/table-ref.ts';
import type { ChangeLog } from '../../log/change-log.ts';
import { PREFIX } from './copies.ts';
import type { CopyState } from './state.ts';

/**
 * The log as a sink must read it where tables are copied. What a copy made again replaces is left out: on a damaged table those changes may not be possible at all. And
 * where rows may be there already, transactions come unpacked: packed inserts go by COPY, which would fail on each batch of them and be done over row by row. Chunks of the
 * first snapshot stay packed: they come before all else and none of them twice.
 * @param snapshotLsn where the first snapshot ends
 */
export function withoutReplaced(log: ChangeLog, state: CopyState, snapshotLsn: Lsn): ChangeLog {
  const since = new Map([...state.copying].flatMap(([table, { progress }]) => progress.since === undefined ? [] : [[table, parseLsn(progress.since)] as const]));
  return {
    append: (transactions) => log.append(transactions), extent: () => log.extent(), close: () => log.close(),
    read: (from, options) => filtered(log.read(from, options), since, state, snapshotLsn),
  };
}

async function* filtered(batches: AsyncIterable<readonly ChangeTransaction[]>, since: ReadonlyMap<string, Lsn>, { copying }: CopyState, snapshotLsn: Lsn): AsyncGenerator<readonly ChangeTransaction[]> {
  for await (const batch of batches) {
    const soft = copying.size > 0 || batch.some(({ marker }) => marker?.startsWith(PREFIX) === true);
    yield soft || since.size > 0 ? batch.map((transaction) => (transaction.commitLsn <= snapshotLsn ? transaction : without(transaction, since, soft))) : batch;
  }
}

function without(transaction: ChangeTransaction, since: ReadonlyMap<string, Lsn>, soft: boolean): ChangeTransaction {
  const { commitLsn, xid, committedAtMs, marker, events } = transaction;
  const kept = events.filter((event) => commitLsn > (since.get(tableName(event)) ?? -1n));
  return kept.length === events.length && !soft ? transaction : { commitLsn, xid, committedAtMs, events: kept, ...(marker === undefined ? {} : { marker }) };
}
