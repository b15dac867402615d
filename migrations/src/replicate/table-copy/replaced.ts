import type { ChangeTransaction } from '../../capture/change-event.ts';
import { parseLsn, type Lsn } from '../../capture/lsn.ts';
import { tableName } from '../../capture/table-ref.ts';
import type { ChangeLog } from '../../log/change-log.ts';
import type { CopyState } from './state.ts';

/** The log without what a copy made again replaces: on a damaged table those changes may not be possible at all. */
export function withoutReplaced(log: ChangeLog, state: CopyState): ChangeLog {
  const since = new Map([...state.copying].flatMap(([table, { progress }]) => progress.since === undefined ? [] : [[table, parseLsn(progress.since)] as const]));
  if (since.size === 0) return log;
  return {
    append: (transactions) => log.append(transactions), extent: () => log.extent(), close: () => log.close(),
    read: (from, options) => filtered(log.read(from, options), since),
  };
}

async function* filtered(batches: AsyncIterable<readonly ChangeTransaction[]>, since: ReadonlyMap<string, Lsn>): AsyncGenerator<readonly ChangeTransaction[]> {
  const last = [...since.values()].reduce((a, b) => (a > b ? a : b));
  for await (const batch of batches) yield (batch[0]?.commitLsn ?? last) > last ? batch : batch.map((transaction) => without(transaction, since));
}

function without(transaction: ChangeTransaction, since: ReadonlyMap<string, Lsn>): ChangeTransaction {
  const { commitLsn, xid, committedAtMs, marker, events } = transaction;
  const kept = events.filter((event) => commitLsn > (since.get(tableName(event)) ?? -1n));
  return kept.length === events.length ? transaction : { commitLsn, xid, committedAtMs, events: kept, ...(marker === undefined ? {} : { marker }) };
}
