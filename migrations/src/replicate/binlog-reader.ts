import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { parseBinlogEnvelope, type BinlogEnvelope } from '../capture/binlog-envelope.ts';
import type { BinlogPlace } from '../capture/binlog-position.ts';
import { textRows } from '../capture/connect.ts';
import { parseJson } from '../capture/envelope.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import type { KeptSession } from '../capture/kept-session.ts';
import type { FetchedRecord } from '../log/kafka-fetch.ts';
import type { RecordReader } from './kafka-partition.ts';

type Change = Extract<BinlogEnvelope, { kind: 'change' }>;

/** What all partitions of a replication must agree on; kept in the target, so that it outlives the sinks. */
export interface BinlogLife {
  /** The place at which the connector took its snapshot. @throws StranglerError STR_SNAPSHOT_REPEATED when it is another than before */
  snapshotAt(place: Lsn): Promise<void>;
  /** The server whose binlog is read. @throws StranglerError STR_BINLOG_OTHER_SERVER when it is another than before */
  writtenBy(server: string): Promise<void>;
}

/**
 * Records of Debezium's MariaDB and MySQL connectors. A row's place is file and offset, and its order there: 0 in the snapshot (whose rows share one place), then by row of
 * the binlog event; of a changed key the deletion comes before the new row.
 */
export const binlogReader = (life: BinlogLife): RecordReader => async (record) => {
  const change = changeOf(record);
  if (change === undefined) return undefined;
  const { event, place, position: { lsn } } = change;
  if (event.op === 'snapshot-read') {
    await life.snapshotAt(lsn);
    // All rows of a snapshot have one place, so none is behind the other; it is read again only where nothing was written since.
    return { event, position: {} };
  }
  await life.writtenBy(serverOf(place));
  return { event, position: { after: lsn, order: orderOf(record, place) } };
};

const orderOf = ({ headers }: FetchedRecord, { row }: BinlogPlace): number => 1 + row * 2 + (headers['__debezium.oldkey'] === undefined ? 0 : 1);

function changeOf({ key, value }: FetchedRecord): Change | undefined {
  if (value === null) return undefined;
  // A changed key comes as a deletion in one partition and a new row in another: without its headers each is taken for what it is.
  const envelope = parseBinlogEnvelope(parseJson(value.toString('utf8')), key === null ? null : parseJson(key.toString('utf8')), {}, parseJson);
  if (envelope.kind === 'refused') throw new StranglerError({ code: envelope.code, message: envelope.message, exitCode: 1, remedy: 'Compare the connector with the committed one: `strangler connect plan`.' });
  return envelope.kind === 'change' ? envelope : undefined;
}

/** Its GTID without the number that counts transactions: `0-1-28` is domain 0, server 1 (MariaDB); MySQL's begins with the server's UUID. */
function serverOf({ gtid, file }: BinlogPlace): string {
  const server = gtid === undefined ? undefined : /^\d+-(\d+)-\d+$/.exec(gtid)?.[1] ?? /^([0-9a-f-]{36}):/i.exec(gtid)?.[1];
  if (server !== undefined) return server;
  throw new StranglerError({ code: 'STR_BAD_ENVELOPE', exitCode: 1, message: `A change in ${file} comes without its GTID: whether it is new cannot be told after a failover.`, remedy: 'MySQL: SET GLOBAL gtid_mode = ON (step by step, as its manual says), and begin anew.' });
}

const CLAIM = {
  snapshot: 'UPDATE strangler.checkpoint SET snapshot_lsn = coalesce(snapshot_lsn, $2::pg_lsn) WHERE replication = $1 RETURNING snapshot_lsn AS kept',
  server: "UPDATE strangler.checkpoint SET log_id = CASE WHEN log_id LIKE '% binlog:%' THEN log_id ELSE log_id || ' binlog:' || $2 END WHERE replication = $1 RETURNING split_part(log_id, ' binlog:', 2) AS kept",
};

/** Asks the target once for each new answer; what is there stays. */
export function binlogLife(target: KeptSession, name: string): BinlogLife {
  const known = { snapshot: '', server: '' };
  const agree = async (what: keyof typeof known, said: string, otherwise: (kept: string) => StranglerError): Promise<void> => {
    if (known[what] === said) return;
    const kept = await target.use((client: pg.Client) => textRows<'kept'>(client, CLAIM[what], [name, said]));
    if (kept[0]?.kept !== said) throw otherwise(kept[0]?.kept ?? 'none');
    known[what] = said;
  };
  return {
    snapshotAt: (place) => agree('snapshot', printLsn(place), (kept) => repeated(name, kept, printLsn(place))),
    writtenBy: (server) => agree('server', server, (kept) => otherServer(name, kept, server)),
  };
}

const repeated = (name: string, kept: string, now: string): StranglerError => new StranglerError({
  code: 'STR_SNAPSHOT_REPEATED', exitCode: ExitCode.environment, message: `The connector of ${name} took its snapshot twice (at ${kept} and at ${now}): rows deleted in between would stay in the target for ever.`,
  remedy: `Delete the connector and its topics, \`strangler replicate ${name} --remove --execute\`, empty the target's tables, and begin anew: it must not be stopped before its first copy is confirmed.`,
});

const otherServer = (name: string, kept: string, now: string): StranglerError => new StranglerError({
  code: 'STR_BINLOG_OTHER_SERVER', exitCode: ExitCode.environment, message: `${name} was fed from the binlog of server ${kept}, and now gets changes of server ${now}: their places cannot be compared.`,
  remedy: `After a failover begin anew: delete the connector and its topics, \`strangler replicate ${name} --remove --execute\`, empty the target's tables.`,
});

