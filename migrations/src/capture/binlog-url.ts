import { ExitCode, StranglerError } from '@strangler/kernel';

/** True for a source whose changes lie in a binlog: MariaDB or MySQL. */
export const isBinlogUrl = (url: string): boolean => /^(?:mysql|mariadb):/.test(url);

/** Host, port and database, without user and password. */
export function printSourceUrl(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

/** What works on PostgreSQL only says so, instead of speaking PostgreSQL's protocol to another server. @throws StranglerError STR_BINLOG_UNSUPPORTED */
export function requirePostgresUrl(url: string): void {
  if (isBinlogUrl(url)) throw binlogUnsupported(`${printSourceUrl(url)} is MariaDB or MySQL: this works on PostgreSQL only.`, "From there, rows are copied and followed one way: `strangler replicate` with log: 'kafka', reading: 'keys'.");
}

export const binlogUnsupported = (message: string, remedy: string): StranglerError => new StranglerError({ code: 'STR_BINLOG_UNSUPPORTED', message, remedy, exitCode: ExitCode.environment });
