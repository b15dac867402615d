import { StranglerError } from '@strangler/kernel';

/**
 * A position in PostgreSQL's write-ahead log: 64 bits, printed as two hexadecimal halves, `16/B374D848` (PostgreSQL docs, pg_lsn).
 * Kept as a bigint, because comparing two printed LSNs as strings is wrong ('9/0' > '10/0').
 */
export type Lsn = bigint & { readonly __brand: 'Lsn' };

export const LSN_ZERO = 0n as Lsn;

/** @throws StranglerError STR_BAD_LSN */
export function parseLsn(text: string): Lsn {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (match === null) {
    throw new StranglerError({ code: 'STR_BAD_LSN', message: `'${text}' is no LSN.`, remedy: 'An LSN looks like 16/B374D848; `strangler status` prints the current ones.' });
  }
  const [, high = '', low = ''] = match;
  return ((BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)) as Lsn;
}

export const printLsn = (lsn: Lsn): string => `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xFFFF_FFFFn).toString(16).toUpperCase()}`;

export const compareLsn = (a: Lsn, b: Lsn): number => (a < b ? -1 : a > b ? 1 : 0);

export const maxLsn = (a: Lsn, b: Lsn): Lsn => (a > b ? a : b);
