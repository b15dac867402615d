import { LSN_ZERO, type Lsn } from './lsn.ts';

/** Where an event lies in a server's binlog. */
export interface BinlogPlace {
  readonly file: string;
  /** Byte offset in the file; 32 bits in the binlog's own events. */
  readonly pos: bigint;
  /** Row within a binlog event. */
  readonly row: number;
  /** `0-1-28` (MariaDB: domain, server, sequence); absent in a snapshot. */
  readonly gtid?: string;
}

/**
 * One number that orders the places of one server's binlog as an LSN orders a WAL: the file's number in the upper, the offset in the lower 32 bits. It says nothing
 * about another server: after a failover, only the GTID does.
 */
export function binlogLsn({ file, pos }: Pick<BinlogPlace, 'file' | 'pos'>): Lsn | undefined {
  const number = /\.(\d+)$/.exec(file)?.[1];
  return number === undefined || pos < 0n || pos > 0xffff_ffffn ? undefined : (LSN_ZERO + (BigInt(number) << 32n) + pos) as Lsn;
}

/** `mariadb-bin.000003:3580`, as SHOW BINARY LOGS and people write it. */
export const printBinlogPlace = ({ file, pos }: Pick<BinlogPlace, 'file' | 'pos'>): string => `${file}:${String(pos)}`;
